using System.Security.Cryptography;
using System.Text;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Api.Configuration;

/// <summary>
/// Reads the secret from the configuration, or from a file; with the embedded store, the first start creates that file.
/// </summary>
internal sealed class SecretSource(SettingReader settings, string fileFolder, string folder)
{
    private const int MinimumBytes = 32;
    private const string FileName = "goterra-store.secret";
    private const string HowToCreate = "create one with: openssl rand -base64 48";

    /// <summary>The file; null if the secret is in the configuration.</summary>
    public string? File { get; } = settings switch
    {
        _ when settings.Text(Settings.Secret) is not null => null,
        _ when settings.Text(Settings.SecretFile) is { } file => Path.GetFullPath(Path.Combine(folder, file)),
        _ => settings.List(Settings.Fernet).Any() ? null : Path.Combine(fileFolder, FileName),
    };

    /// <param name="embedded">Whether the embedded store is used.</param>
    /// <param name="dataFolder">Its folder.</param>
    /// <param name="mayCreate">Whether to write a new secret to the file; if not, the secret is a substitute.</param>
    public SecretRing Read(bool embedded, string dataFolder, bool mayCreate)
    {
        // With a secret of its own, short items are ignored: they belong to another program that reads the same file.
        var fernet = settings.List(Settings.Fernet)
            .Select(item => item.Value ?? "")
            .Where(item => settings.Text(Settings.Secret) is null || IsLongEnough(item))
            .Select(item => LongEnough(Settings.Fernet, item))
            .ToList();
        var previous = settings.List(Settings.PreviousSecrets).Select(Previous).ToList();
        var current = settings.Text(Settings.Secret) switch
        {
            { } text => LongEnough($"{Settings.Secret} ({Settings.Variable(Settings.Secret)})", text),

            null when File is { } file && System.IO.File.Exists(file)
                && (embedded || settings.Text(Settings.SecretFile) is not null) => FromFile(file),
            null when settings.Text(Settings.SecretFile) is null && fernet.Count > 0 =>

                // The list of the original server: the first secret issues tokens, all of them validate tokens.
                fernet[0],
            null when embedded && File is { } file => Create(file, dataFolder, mayCreate),
            null => throw SettingReader.Invalid(
                Settings.Secret,
                $"required with redis: at least {MinimumBytes} bytes, the same on all instances; "
                + $"{HowToCreate}"),
        };
        return new SecretRing(
            current,
            [.. previous,
                .. fernet.Where(secret => secret != current).Select(
                    secret => new PreviousSecret(secret, Verify: true))]);
    }

    private static PreviousSecret Previous(IConfigurationSection item)
    {
        if (item["secret"] is not { Length: > 0 } secret)
        {
            throw new InvalidConfigurationException(
                $"{Settings.PreviousSecrets}: each item is an object with 'secret' and, if tokens signed with it are "
                + "still valid, 'verify: true'");
        }

        return new PreviousSecret(LongEnough(Settings.PreviousSecrets, secret), new SettingReader(item).Flag("verify"));
    }

    private static bool IsLongEnough(string secret) => Encoding.UTF8.GetByteCount(secret) >= MinimumBytes;

    private static string LongEnough(string where, string secret) => IsLongEnough(secret)
        ? secret
        : throw new InvalidConfigurationException(
            $"{where}: it must have at least {MinimumBytes} bytes; {HowToCreate}");

    private static string FromFile(string path)
    {
        try
        {
            return LongEnough($"{Settings.Secret} in {path}", SettingFile.ReadAllText(path).Trim());
        }
        catch (UnauthorizedAccessException)
        {
            throw new InvalidConfigurationException(
                $"{Settings.Secret}: {path} cannot be read by this user. Give the file to the user of the server.");
        }
        catch (IOException e)
        {
            throw new InvalidConfigurationException($"{Settings.Secret}: {e.Message}");
        }
    }

    private static string Create(string path, string dataFolder, bool mayCreate)
    {
        if (Directory.Exists(dataFolder) && Directory.EnumerateFileSystemEntries(dataFolder).Any())
        {
            throw new InvalidConfigurationException(
                $"{Settings.Secret}: the file {path} is missing, and the data in {dataFolder} is encrypted with the "
                + $"secret in it. Restore the file; or, to start from scratch, remove {dataFolder}");
        }

        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));
        if (!mayCreate)
            return secret;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            // Written to disk atomically, before anything is encrypted with it.
            var draft = path + ".new";
            using (var file = new FileStream(draft, options))
            {
                file.Write(Encoding.ASCII.GetBytes(secret + "\n"));
                file.Flush(flushToDisk: true);
            }

            System.IO.File.Move(draft, path, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var advice = e is UnauthorizedAccessException
                ? " The user that runs the server needs write access to the folder."
                : "";
            throw new InvalidConfigurationException(
                $"{Settings.Secret}: it is not set, and a new one cannot be written to {path}: {e.Message}{advice}");
        }

        return secret;
    }
}
