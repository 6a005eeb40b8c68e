using System.Security.Cryptography;
using System.Text;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Api.Configuration;

/// <summary>Where the secret comes from: the configuration or, with the embedded store, a file that the first start makes.</summary>
internal static class SecretSource
{
    private const int MinimumBytes = 32;
    private const string FileName = "goterra-store.secret";
    private const string HowToMake = "make one with: openssl rand -base64 48";

    public static SecretRing Read(SettingReader settings, string folder, bool embedded, string dataFolder)
    {
        var fernet = settings.List(Settings.Fernet).Select(item => LongEnough(Settings.Fernet, item.Value ?? "")).ToList();
        var previous = settings.List(Settings.PreviousSecrets).Select(Previous).ToList();
        var current = settings.Text(Settings.Secret) switch
        {
            { } text => LongEnough($"{Settings.Secret} ({Settings.Variable(Settings.Secret)})", text),

            // The original's list: the first one makes tokens, all of them read them.
            null when fernet.Count > 0 => fernet[0],
            null when embedded => FromFile(Path.Combine(folder, FileName), dataFolder),
            null => throw SettingReader.Invalid(Settings.Secret, $"with redis it is required, the same for all instances, at least {MinimumBytes} bytes long; {HowToMake}"),
        };
        return new SecretRing(
            current, [.. previous, .. fernet.Where(secret => secret != current).Select(secret => new PreviousSecret(secret, Verify: true))]);
    }

    private static PreviousSecret Previous(IConfigurationSection item)
    {
        if (item["secret"] is not { Length: > 0 } secret)
            throw new InvalidConfigurationException($"{Settings.PreviousSecrets}: each item is an object with 'secret' and, if tokens signed with it still count, 'verify: true'");
        return new PreviousSecret(LongEnough(Settings.PreviousSecrets, secret), new SettingReader(item).Flag("verify"));
    }

    private static string LongEnough(string where, string secret) => Encoding.UTF8.GetByteCount(secret) >= MinimumBytes
        ? secret
        : throw new InvalidConfigurationException($"{where}: it is shorter than {MinimumBytes} bytes, and could be guessed; {HowToMake}");

    private static string FromFile(string path, string dataFolder)
    {
        if (File.Exists(path))
            return LongEnough($"{Settings.Secret} in {path}", File.ReadAllText(path).Trim());

        if (Directory.Exists(dataFolder) && Directory.EnumerateFileSystemEntries(dataFolder).Any())
        {
            throw new InvalidConfigurationException(
                $"{Settings.Secret}: the data in {dataFolder} was encrypted with the secret in {path}, and that file is missing. Bring it back; or, to begin anew, remove {dataFolder}");
        }

        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            // In one step and on the disk, before anything is encrypted with it: half a secret would be none.
            var draft = path + ".new";
            using (var file = new FileStream(draft, options))
            {
                file.Write(Encoding.ASCII.GetBytes(secret + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidConfigurationException($"{Settings.Secret}: there is none, and a new one can't be written to {path}: {e.Message}");
        }

        return secret;
    }
}
