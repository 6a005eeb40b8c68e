using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>How somebody wants to wait, if at all.</summary>
/// <param name="Time">How long; zero for not at all. Cut to <see cref="Limits.MaxWait"/>.</param>
/// <param name="Polls">The caller asks again and again by himself: a failure of the deployment is to be told although he does not wait here.</param>
/// <param name="FailOn">A key with this prefix ends the wait: whoever writes it has failed.</param>
/// <param name="Waiter">Who waits.</param>
public sealed record WaitOptions(TimeSpan Time, bool Polls, KeyPrefix? FailOn, Waiter Waiter)
{
    /// <summary>A failed deployment is an answer to whoever waits; whoever just looks gets to see what is there.</summary>
    public bool MindsFailure => Time > TimeSpan.Zero || Polls;
}

/// <summary>Who waits, as it shows itself.</summary>
/// <param name="Id">The same in each request of one wait that takes several.</param>
/// <param name="Client">Address and name, for people.</param>
public sealed record Waiter(string Id, string Client)
{
    /// <summary>That of the caller; see <see cref="Access.Caller.Line"/>.</summary>
    public string? Line { get; init; }
}
