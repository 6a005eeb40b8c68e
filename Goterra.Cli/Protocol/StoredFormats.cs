namespace Goterra.Cli.Protocol;

// JSON that clients store for each other, or for themselves.

/// <summary>The state of a command of `run`.</summary>
/// <param name="State">`start`, `over` or `failed`, as in the status key.</param>
/// <param name="Name">The name of the app.</param>
/// <param name="Host">The machine that runs it.</param>
/// <param name="ExitCode">128+n if signal n ended it; null while it runs.</param>
/// <param name="Seconds">The duration on the monotonic clock; null while it runs.</param>
internal sealed record RunRecord(string? State, string? Name, string? Host, int? ExitCode, double? Seconds);

/// <summary>The first line of the record of `once`.</summary>
/// <param name="State">`running`, `over` or `failed`.</param>
/// <param name="Host">The machine that runs the command, or did.</param>
/// <param name="ExitCode">Null while it runs.</param>
/// <param name="OutputBytes">How much it wrote to stdout; null while it runs.</param>
/// <param name="TooLong">True if the output was too long to be stored, and does not follow.</param>
internal sealed record OnceHeader(string? State, string? Host, int? ExitCode, long? OutputBytes, bool? TooLong);

/// <summary>The file that holds the token of a ticket between two starts.</summary>
internal sealed record StoredToken(string? TicketSha256, string? Url, string? Id, string? Token, string? Expires)
{
    public override string ToString() => nameof(StoredToken);
}
