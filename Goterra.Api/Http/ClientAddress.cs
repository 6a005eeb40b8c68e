using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;

namespace Goterra.Api.Http;

/// <summary>The address of the client, for display; behind trusted proxies, the one that they report.</summary>
internal static class ClientAddress
{
    public static string Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? "";
    }

    /// <summary>The network of the client: its address; for IPv6 the /64, the network of one customer.</summary>
    public static IPAddress NetworkOf(HttpContext context) =>
        NetworkOf(context.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress ?? IPAddress.None);

    /// <summary>The network of an address.</summary>
    public static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
