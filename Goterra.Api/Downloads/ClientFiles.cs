using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Goterra.Api.Downloads;

/// <summary>A client that can be downloaded.</summary>
/// <param name="Name">Its name in the URL.</param>
/// <param name="Type">Its content type.</param>
/// <param name="Path">The file that is sent; null if <paramref name="Text"/> is sent instead.</param>
/// <param name="Text">The content, if it is not a file.</param>
/// <param name="Size">The length in bytes.</param>
/// <param name="Sha256">The SHA-256 checksum in hexadecimal.</param>
public sealed record ClientFile(string Name, string Type, string? Path, byte[]? Text, long Size, string Sha256);

/// <summary>The clients that this server offers for download. They can be replaced while it runs.</summary>
/// <param name="folder">The folder of the files.</param>
public sealed class ClientFiles(string folder)
{
    private const string Program = "application/octet-stream";
    private const string Script = "text/x-shellscript; charset=utf-8";
    private const string Installer = "install.sh";
    private const string Placeholder = "@GOT_URL@";

    /// <summary>Names and files. No other file can be downloaded.</summary>
    private static readonly (string Name, string File, string Type)[] Known =
    [
        ("linux-x64", "goterra-cli-linux-x64", Program),
        ("linux-arm64", "goterra-cli-linux-arm64", Program),
        ("goterra.sh", "goterra.sh", Script),
        (Installer, Installer, Script),
    ];

    // Cached, because anonymous clients could have 12 MB hashed with each request.
    private readonly ConcurrentDictionary<string, (DateTime Written, long Size, string Sha256)> _hashes = new();

    /// <param name="url">The address of the server, for the installer.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    public async Task<IReadOnlyList<ClientFile>> ListAsync(string url, CancellationToken cancellationToken)
    {
        var files = new List<ClientFile>();
        foreach (var (name, _, _) in Known)
        {
            if (await FindAsync(name, url, cancellationToken) is { } file)
                files.Add(file);
        }

        return files;
    }

    /// <returns>Null if the name is unknown, or the client was not built.</returns>
    public async Task<ClientFile?> FindAsync(string name, string url, CancellationToken cancellationToken)
    {
        var known = Known.FirstOrDefault(known => known.Name == name);
        var file = known.File is null ? null : new FileInfo(Path.Combine(folder, known.File));
        if (file is not { Exists: true })
            return null;
        if (name != Installer)
            return new ClientFile(
                name, known.Type, file.FullName, null, file.Length, await HashAsync(file, cancellationToken));

        var template = await File.ReadAllTextAsync(file.FullName, cancellationToken);
        var bytes = Encoding.UTF8.GetBytes(template.Replace(Placeholder, Escape(url), StringComparison.Ordinal));
        return new ClientFile(
            name, known.Type, null, bytes, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    public static bool IsKnown(string name) => Known.Any(known => known.Name == name);

    private async Task<string> HashAsync(FileInfo file, CancellationToken cancellationToken)
    {
        if (_hashes.TryGetValue(file.Name, out var known) && (known.Written, known.Size) == (file.LastWriteTimeUtc,
            file.Length))
            return known.Sha256;

        await using var content = file.OpenRead();
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
        _hashes[file.Name] = (file.LastWriteTimeUtc, file.Length, hash);
        return hash;
    }

    // The placeholder is in single quotes.
    private static string Escape(string url) => url.Replace("'", "'\\''", StringComparison.Ordinal);
}
