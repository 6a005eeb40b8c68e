namespace Goterra.Cli;

/// <summary>What the exit code tells a script. The numbers are part of the contract and never change their meaning.</summary>
internal enum ExitCode
{
    Done = 0,
    Error = 1,
    Usage = 2,
    TimedOut = 3,
    NotAuthorized = 4,
    DeploymentGone = 5,
    DeploymentFailed = 6,
    Unreachable = 7,
    LostRace = 8,
}
