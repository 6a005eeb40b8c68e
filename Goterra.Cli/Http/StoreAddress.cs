using Goterra.Cli.Runtime;

namespace Goterra.Cli.Http;

/// <summary>The base URL of the server, and the URLs below it.</summary>
internal sealed record StoreAddress
{
    private const string NoCredentials = $"{ClientProgram.UrlSetting} must not contain a user or password";

    private StoreAddress(string text) => Text = text;

    /// <summary>The base URL, without a trailing slash.</summary>
    public string Text { get; }

    public static StoreAddress Parse(string text)
    {
        // A byte order mark: the URL may be from a file of an editor on Windows.
        text = text.Trim().TrimStart('\uFEFF').Trim();
        if (!text.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            && !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            throw CliException.Usage(
                $"{ClientProgram.UrlSetting} must begin with http:// or https://, such as https://goterra.example.org");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Port == 0)
        {
            // Does not quote the URL. In a password, a slash, # or ? ends what is taken for the host.
            throw CliException.Usage(text.Contains('@') ? NoCredentials :
                $"{ClientProgram.UrlSetting} must begin with http:// or https:// and a host, or a host and a port "
                + "(an IPv6 address needs brackets: http://[::1]:8000)");
        }

        if (uri.UserInfo.Length > 0)
            throw CliException.Usage(NoCredentials);
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw CliException.Usage($"{ClientProgram.UrlSetting} must not contain ? or #");
        if (uri.AbsolutePath.TrimEnd('/').EndsWith("/store", StringComparison.Ordinal))
            throw CliException.Usage($"{ClientProgram.UrlSetting} must not end with /store, which the client appends");
        return new StoreAddress(text.TrimEnd('/'));
    }

    /// <summary>Percent-encodes a key, except for slashes: proxies reject or rewrite `%2F`.</summary>
    public static string Escape(ValueKey key) => string.Join('/', key.Text.Split('/').Select(Uri.EscapeDataString));

    public Uri Store() => new($"{Text}/store");

    public Uri Deployment(string deployment, string query = "") =>
        new($"{Text}/store/{deployment}{(query.Length > 0 ? "?" : "")}{query}");

    /// <summary>An action on a deployment. A POST never names a key, so action names cannot clash with keys.</summary>
    public Uri Action(string deployment, string action) => new($"{Text}/store/{deployment}/{action}");

    /// <summary>A resource outside of any deployment.</summary>
    public Uri Common(string path) => new($"{Text}/store/-/{path}");

    public Uri Value(string deployment, ValueKey key, string query = "") =>
        new($"{Text}/store/{deployment}/{Escape(key)}{(query.Length > 0 ? "?" : "")}{query}");

    public override string ToString() => Text;
}
