namespace Goterra.Api.Configuration;

/// <summary>The address of this server as clients are told it.</summary>
/// <remarks>Never taken from the Host header: whoever sends it would choose where tokens go.</remarks>
public sealed class PublicUrl(string? configured)
{
    public string For(HttpContext context) => configured ?? $"http://localhost:{context.Connection.LocalPort}";
}
