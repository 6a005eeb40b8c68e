using System.Security.Cryptography;

namespace Goterra.Cli.Connection;

internal static class WaitId
{
    /// <summary>A header, the same for all requests of one wait: the server shows them as one waiter.</summary>
    public static (string Name, string Value) New() => ("X-Wait-Id", RandomNumberGenerator.GetHexString(32, lowercase: true));
}
