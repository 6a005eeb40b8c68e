namespace Goterra.Cli.Connection;

/// <summary>A token or an API key. No record: its text must not come out of a ToString.</summary>
internal sealed class Credential
{
    private readonly string _header;
    private readonly string _secret;

    private Credential(string header, string prefix, string secret, string source)
    {
        // Whatever isn't visible ASCII could not be sent, and an exception about the header would quote it.
        if (!secret.All(character => character is > ' ' and < (char)127))
            throw CliException.Usage($"{source} contains blanks, line breaks or characters beyond ASCII");
        _header = header;
        _secret = secret;
        Prefix = prefix;
        Source = source;
    }

    /// <summary>For people: where it was found.</summary>
    public string Source { get; }

    public bool IsApiKey => Prefix.Length == 0;

    private string Prefix { get; }

    public static Credential Token(string token, string source) => new("Authorization", "Bearer ", token.Trim(), source);

    public static Credential ApiKey(string key, string source) => new("X-API-Key", "", key.Trim(), source);

    public bool IsSameAs(Credential other) => (_header, _secret) == (other._header, other._secret);

    public void AddTo(HttpRequestMessage message) => message.Headers.TryAddWithoutValidation(_header, Prefix + _secret);

    /// <summary>What the token says of itself; null where it doesn't.</summary>
    public TokenClaims? Claims() => IsApiKey ? null : TokenClaims.Read(_secret);

    /// <summary>For text that came from outside: a proxy's error page may quote the request.</summary>
    public string Redact(string text) => _secret.Length < 8 ? text : text.Replace(_secret, "***", StringComparison.Ordinal);
}
