using Microsoft.AspNetCore.HttpOverrides;

namespace Goterra.Api.Hosting;

/// <summary>X-Forwarded-For is used only if it was sent by a trusted proxy: other clients could forge it.</summary>
internal static class TrustedProxies
{
    public static void Use(WebApplication app, IReadOnlyList<System.Net.IPNetwork> proxies)
    {
        if (proxies.Count == 0)
            return;

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor,
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
            options.KnownIPNetworks.Add(proxy);
        app.UseForwardedHeaders(options);
    }
}
