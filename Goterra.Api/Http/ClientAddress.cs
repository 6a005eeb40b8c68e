namespace Goterra.Api.Http;

/// <summary>Where a request comes from, for people: the address of the client, as far as trusted proxies tell it.</summary>
internal static class ClientAddress
{
    public static string Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? "";
    }
}
