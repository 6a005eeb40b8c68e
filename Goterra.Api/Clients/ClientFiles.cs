using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Goterra.Api.Clients;

/// <summary>A client as it is served.</summary>
/// <param name="Name">What it is fetched by.</param>
/// <param name="Type">Its content type.</param>
/// <param name="Path">The file that is sent as it is; null where <paramref name="Text"/> is.</param>
/// <param name="Text">What is sent in its place.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Sha256">Its sum, in hexadecimal digits.</param>
public sealed record ClientFile(string Name, string Type, string? Path, byte[]? Text, long Size, string Sha256);

/// <summary>The clients that this server brings along. They may be replaced while it runs.</summary>
/// <param name="folder">Where they lie.</param>
public sealed class ClientFiles(string folder)
{
    private const string Program = "application/octet-stream";
    private const string Script = "text/x-shellscript; charset=utf-8";
    private const string Installer = "install.sh";
    private const string Placeholder = "@GOT_URL@";

    /// <summary>The name under which each is served, and that of its file: no other file can be asked for.</summary>
    private static readonly (string Name, string File, string Type)[] Known =
    [
        ("linux-x64", "goterra-cli-linux-x64", Program),
        ("linux-arm64", "goterra-cli-linux-arm64", Program),
        ("goterra.sh", "goterra.sh", Script),
        (Installer, Installer, Script),
    ];

    // Anybody may ask, and 12 MB are not to be hashed for each who does.
    private readonly ConcurrentDictionary<string, (DateTime Written, long Size, string Sha256)> _sums = new();

    /// <param name="url">The server's address, which the installer is told.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    public async Task<IReadOnlyList<ClientFile>> AllAsync(string url, CancellationToken cancellationToken)
    {
        var files = new List<ClientFile>();
        foreach (var (name, _, _) in Known)
        {
            if (await FindAsync(name, url, cancellationToken) is { } file)
                files.Add(file);
        }

        return files;
    }

    /// <summary>Null where there is none of that name, or it was not built.</summary>
    public async Task<ClientFile?> FindAsync(string name, string url, CancellationToken cancellationToken)
    {
        var known = Known.FirstOrDefault(known => known.Name == name);
        var file = known.File is null ? null : new FileInfo(Path.Combine(folder, known.File));
        if (file is not { Exists: true })
            return null;
        if (name != Installer)
            return new ClientFile(name, known.Type, file.FullName, null, file.Length, await SumAsync(file, cancellationToken));

        var text = (await File.ReadAllTextAsync(file.FullName, cancellationToken)).Replace(Placeholder, Quoted(url), StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(text);
        return new ClientFile(name, known.Type, null, bytes, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    public static bool IsKnown(string name) => Known.Any(known => known.Name == name);

    private async Task<string> SumAsync(FileInfo file, CancellationToken cancellationToken)
    {
        if (_sums.TryGetValue(file.Name, out var known) && (known.Written, known.Size) == (file.LastWriteTimeUtc, file.Length))
            return known.Sha256;

        await using var content = file.OpenRead();
        var sum = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
        _sums[file.Name] = (file.LastWriteTimeUtc, file.Length, sum);
        return sum;
    }

    // It stands between single quotes there.
    private static string Quoted(string url) => url.Replace("'", "'\\''", StringComparison.Ordinal);
}
