using System.Security.Cryptography;
using System.Text;

namespace Goterra.Api.Clients;

/// <summary>A client as it is served.</summary>
public sealed record ClientFile(string Name, byte[] Bytes, string Type, string Sha256);

/// <summary>The clients that this server brings along. Read anew for each request: they are asked for once a machine, and may be replaced meanwhile.</summary>
/// <param name="folder">Where they lie.</param>
public sealed class ClientFiles(string folder)
{
    private const string Installer = "install.sh";
    private const string Placeholder = "@GOT_URL@";

    /// <summary>The name under which each is served, and that of its file: no other file can be asked for.</summary>
    private static readonly (string Name, string File, string Type)[] Known =
    [
        ("linux-x64", "goterra-cli-linux-x64", "application/octet-stream"),
        ("linux-arm64", "goterra-cli-linux-arm64", "application/octet-stream"),
        ("goterra.sh", "goterra.sh", "text/x-shellscript; charset=utf-8"),
        (Installer, Installer, "text/x-shellscript; charset=utf-8"),
    ];

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
        if (known.File is null || !File.Exists(Path.Combine(folder, known.File)))
            return null;
        var bytes = await File.ReadAllBytesAsync(Path.Combine(folder, known.File), cancellationToken);
        if (name == Installer)
            bytes = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace(Placeholder, Quoted(url), StringComparison.Ordinal));
        return new ClientFile(name, bytes, known.Type, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    public static bool IsKnown(string name) => Known.Any(known => known.Name == name);

    // It stands between single quotes there.
    private static string Quoted(string url) => url.Replace("'", "'\\''", StringComparison.Ordinal);
}
