namespace Goterra.Cli.Runtime;

internal static class RandomId
{
    // RandomNumberGenerator would load OpenSSL, which costs more time and memory than the rest of a `get` over http.
    // Guid.NewGuid reads the same source of the operating system.
    public static string New() => Guid.NewGuid().ToString("N");
}
