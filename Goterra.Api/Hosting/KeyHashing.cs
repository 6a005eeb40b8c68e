using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Goterra.Api.Hosting;

/// <summary>
/// <c>goterra-store hash-key</c>: prints a new API key and its hash; with <c>-</c>, the hash of a key on stdin.
/// </summary>
internal static class KeyHashing
{
    public static async Task<int> RunAsync(string[] args, TextReader input, TextWriter output, TextWriter errors)
    {
        string? key = args switch
        {
            [] => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)),
            ["-"] => (await input.ReadLineAsync())?.Trim(),
            _ => null,
        };
        if (string.IsNullOrEmpty(key) || key.Any(character => character is <= ' ' or > '~'))
        {
            await errors.WriteLineAsync(args is ["-"]
                ? "goterra-store: hash-key -: the first line of stdin must be an API key: printable ASCII without "
                    + "spaces"
                : "goterra-store: hash-key takes no arguments, or - to read a key from stdin; other users of the "
                    + "machine can read command lines");
            return 2;
        }

        if (args is [])
            await output.WriteLineAsync($"key: {key}");
        await output.WriteLineAsync(
            $"key_sha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}");
        return 0;
    }
}
