namespace Goterra.Cli.Connection;

internal static class RandomId
{
    // RandomNumberGenerator would load OpenSSL, which costs more memory and time than all else that a `get` over http does. This
    // draws from the same source of the operating system.
#pragma warning disable RS0030
    public static string New() => Guid.NewGuid().ToString("N");
#pragma warning restore RS0030

    /// <summary>A header, the same for all requests of one wait: the server shows them as one waiter.</summary>
    public static (string Name, string Value) WaitHeader() => ("X-Wait-Id", New());
}
