namespace Goterra.Api.Http;

/// <summary>What was done.</summary>
/// <param name="Message">For display, and for clients of the original system.</param>
public sealed record MessageResponse(string Message);
