using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>A failure that was not taken back. The deployment is failed while it has one.</summary>
/// <param name="Source">Who reported it; null for the one without a source.</param>
/// <param name="Since">When it was first reported.</param>
/// <param name="Lapsed">It was declared by the server: a dead man's switch lapsed.</param>
public sealed record DeploymentFailure(string? Source, string Reason, DateTimeOffset Since, bool Lapsed)
{
    /// <summary>Open failures of one deployment, each from another source.</summary>
    public const int MaxOpen = 1000;

    /// <summary>Keeps the reason out of logs.</summary>
    public override string ToString() => $"DeploymentFailure {Source}";
}

/// <summary>The source and the reason of a failure.</summary>
/// <param name="Source">Null for none.</param>
public sealed record FailureNote(string? Source, string Reason)
{
    /// <summary>Keeps the reason out of logs.</summary>
    public override string ToString() => $"FailureNote {Source}";
}

/// <summary>Declares a deployment failed.</summary>
/// <param name="Source">Null for none.</param>
/// <param name="TokenFamily">That of the caller; see <see cref="Caller.TokenFamily"/>. A narrowed caller may take back
/// only what its own family reported.</param>
public sealed record FailureReport(FailureSource? Source, string Reason, string? TokenFamily)
{
    /// <summary>Keeps the reason out of logs.</summary>
    public override string ToString() => $"FailureReport {Source}";
}

/// <summary>Takes failures back.</summary>
/// <param name="Source">Null for all of them.</param>
/// <param name="TokenFamily">Null for a caller that may take back any failure.</param>
public sealed record Resumption(FailureSource? Source, string? TokenFamily);
