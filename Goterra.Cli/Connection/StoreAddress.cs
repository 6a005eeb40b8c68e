using Goterra.Cli.Arguments;

namespace Goterra.Cli.Connection;

/// <summary>Where the server is. Below its base, which may have a path of its own, everything lies under `/store`.</summary>
internal sealed record StoreAddress
{
    private StoreAddress(string text) => Text = text;

    /// <summary>The base, without a slash at its end.</summary>
    public string Text { get; }

    public static StoreAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
            throw CliException.Usage("--url (GOT_URL) must be an address like https://goterra.example.org");
        if (uri.UserInfo.Length > 0)
            throw CliException.Usage("--url (GOT_URL) must not contain a user or password");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw CliException.Usage("--url (GOT_URL) must not contain ? or #");
        if (uri.AbsolutePath.TrimEnd('/').EndsWith("/store", StringComparison.Ordinal))
            throw CliException.Usage("--url (GOT_URL) must not end with /store, which is added to it: leave that out");
        return new StoreAddress(text.Trim().TrimEnd('/'));
    }

    public Uri Store() => new($"{Text}/store");

    public Uri Deployment(string deployment, string query = "") =>
        new($"{Text}/store/{deployment}{(query.Length > 0 ? "?" : "")}{query}");

    /// <summary>Something that is done to a deployment: no POST names a key.</summary>
    public Uri Action(string deployment, string action) => new($"{Text}/store/{deployment}/{action}");

    /// <summary>What belongs to no deployment.</summary>
    public Uri Common(string path) => new($"{Text}/store/-/{path}");

    public Uri Value(string deployment, ValueKey key, string query = "") =>
        new($"{Text}/store/{deployment}/{key.Path}{(query.Length > 0 ? "?" : "")}{query}");

    public override string ToString() => Text;
}
