namespace Goterra.Cli.Connection;

/// <summary>What a command was given, each found only when it is asked for, and with a <see cref="CliException"/> where it makes no sense.</summary>
internal sealed record GivenAccess(Func<Route> Route, Func<DeploymentAccess> Access);

/// <param name="Deployment">Which one.</param>
/// <param name="Credential">Null where there is a ticket that has not been used yet.</param>
internal sealed record DeploymentAccess(string Deployment, Credential? Credential);
