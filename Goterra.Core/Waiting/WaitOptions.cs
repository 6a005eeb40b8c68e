using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>Whether and how a request waits.</summary>
/// <param name="Time">How long at most; zero for not at all. Capped at <see cref="Limits.MaxWait"/>.</param>
/// <param name="Polls">The client polls: a failed deployment is reported although the request itself does not
/// wait.</param>
/// <param name="FailOn">A key with this prefix reports a failure and ends the wait.</param>
/// <param name="Waiter">Who waits.</param>
public sealed record WaitOptions(TimeSpan Time, bool Polls, KeyPrefix? FailOn, Waiter Waiter)
{
    /// <summary>
    /// Waiting and polling requests fail if the deployment has failed; plain reads still return the value.
    /// </summary>
    public bool ReportsFailure => Time > TimeSpan.Zero || Polls;
}

/// <summary>How a waiting client identifies itself.</summary>
/// <param name="Id">Identical in all requests of one wait.</param>
/// <param name="Client">Address and name, for display.</param>
public sealed record Waiter(string Id, string Client)
{
    /// <summary>The network of the client, for the limit of its waits; empty if it is unknown.</summary>
    public string Network { get; init; } = "";

    /// <summary>The client sends the same id with each request of a wait, which may thus be continued.</summary>
    public bool Continues { get; init; }

    /// <summary>How long the client goes on waiting, with further requests; null if it does not say.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>The caller's; see <see cref="Access.Caller.TokenFamily"/>.</summary>
    public string? TokenFamily { get; init; }
}
