using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Http;

/// <summary>A token or an API key. Not a record: ToString must not reveal it.</summary>
internal sealed class Credential
{
    private const int MinRedactedLength = 8;

    private readonly string _header;
    private readonly string _prefix;
    private readonly string _secret;

    private Credential(string header, string prefix, string secret, string source)
    {
        // Other characters cannot be sent, and HttpClient's exception would quote the header.
        if (secret.Length > 0 && !HeaderText.IsWord(secret))
            throw CliException.Usage($"{source} contains spaces, line breaks or non-ASCII characters");
        (_header, _prefix, _secret, Source) = (header, prefix, secret, source);
    }

    /// <summary>Describes where the credential comes from.</summary>
    public string Source { get; }

    public bool IsApiKey => _prefix.Length == 0;

    public static Credential Token(string token, string source) =>
        new("Authorization", "Bearer ", token.Trim(), source);

    public static Credential ApiKey(string key, string source) => new("X-API-Key", "", key.Trim(), source);

    /// <summary>Equal for equal credentials. As secret as they are.</summary>
    public string Key => $"{_header}: {_secret}";

    public bool IsSameAs(Credential other) => (_header, _secret) == (other._header, other._secret);

    public void AddTo(HttpRequestMessage message) =>
        message.Headers.TryAddWithoutValidation(_header, _prefix + _secret);

    /// <summary>The claims of a token; null for an API key, or if the token is not a JWT.</summary>
    public UnverifiedClaims? Claims() => IsApiKey ? null : UnverifiedClaims.TryRead(_secret);

    /// <summary>Removes the secret from text of a server: the error page of a proxy may quote the request.</summary>
    public string Redact(string text) =>
        _secret.Length < MinRedactedLength ? text : text.Replace(_secret, "***", StringComparison.Ordinal);
}
