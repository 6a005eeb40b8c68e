using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>
/// What a request waits for: which changes concern it, how to read the current state, and what that state means.
/// </summary>
/// <typeparam name="TReading">What one read of the store returns.</typeparam>
internal interface IWaitCondition<TReading>
    where TReading : class
{
    /// <summary>The changes that can meet the condition.</summary>
    Interest Interest { get; }

    /// <summary>
    /// How many keys are waited for, where <see cref="Interest"/> is a prefix; null for a single key.
    /// </summary>
    int? Count { get; }

    /// <summary>
    /// Names the read among all reads of the same interest: waiters woken by one signal share one read of each name.
    /// </summary>
    string ReadName { get; }

    Task<TReading> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Decides what a reading means for this request.</summary>
    ValueTask<WaitDecision> JudgeAsync(TReading reading);
}

/// <summary>What a reading means.</summary>
/// <param name="Outcome">The outcome if the request stops waiting now.</param>
/// <param name="Head">Null if the deployment does not exist.</param>
/// <param name="IsMet">There is nothing left to wait for.</param>
internal readonly record struct WaitDecision(Outcome Outcome, DeploymentHead? Head, bool IsMet);
