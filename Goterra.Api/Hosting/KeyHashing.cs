using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Goterra.Api.Hosting;

/// <summary><c>goterra-store hash-key</c>: a new API key and what the configuration keeps of it; with <c>-</c>, the hash of a key that comes by stdin.</summary>
internal static class KeyHashing
{
    public const string Command = "hash-key";

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
                ? "goterra-store: hash-key -: there is no API key on the first line of stdin, or it has blanks or characters beyond ASCII"
                : "goterra-store: hash-key takes nothing, or - to read a key from stdin; a command line can be read by every user of the machine");
            return 2;
        }

        if (args is [])
            await output.WriteLineAsync($"key: {key}");
        await output.WriteLineAsync($"key_sha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}");
        return 0;
    }
}
