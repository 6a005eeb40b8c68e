namespace Goterra.Api.Http;

/// <summary>The address of this server that clients are given.</summary>
/// <remarks>Never taken from the Host header: its sender could redirect tokens to another server.</remarks>
public sealed class PublicUrl(string? configured)
{
    public string For(HttpContext context) =>
        configured ?? $"{context.Request.Scheme}://localhost:{context.Connection.LocalPort}";
}
