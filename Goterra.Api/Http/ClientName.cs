namespace Goterra.Api.Http;

/// <summary>How a client is shown to people: its address, and the name that it gives itself.</summary>
internal static class ClientName
{
    private const int MaxLength = 100;

    public static string Of(HttpRequest request) => $"{ClientAddress.Of(request.HttpContext)} {NameOf(request)}".Trim();

    /// <summary>
    /// Displayed on terminals: no control characters, and of limited length.
    /// </summary>
    public static string Printable(string text) =>
        new([.. text.Where(character => character is >= ' ' and <= '~').Take(MaxLength)]);

    private static string NameOf(HttpRequest request) =>
        Printable(request.Headers["X-Client-Name"].ToString()) is { Length: > 0 } given
            ? given
            : Printable(request.Headers.UserAgent.ToString());
}
