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
        var fernet = settings.List(Settings.Fernet).Select(item => item.Value ?? "").ToList();
        var previous = settings.List(Settings.PreviousSecrets).Select(Previous).ToList();
        var current = settings.Text(Settings.Secret);
        if (current is null && fernet.Count > 0)
        {
            // The original's list: the first one makes tokens, all of them read them.
            current = fernet[0];
            previous.AddRange(fernet.Skip(1).Select(secret => new PreviousSecret(LongEnough(Settings.Fernet, secret), Verify: true)));
        }

        current = current switch
        {
            not null => LongEnough(Settings.Secret, current),
            null when embedded => FromFile(Path.Combine(folder, FileName), dataFolder),
            null => throw SettingReader.Invalid(Settings.Secret, $"with redis it is required, the same for all instances, at least {MinimumBytes} bytes long; {HowToMake}"),
        };
        return new SecretRing(current, previous);
    }

    private static PreviousSecret Previous(IConfigurationSection item)
    {
        if (item["secret"] is not { Length: > 0 } secret)
            throw new InvalidConfigurationException($"{Settings.PreviousSecrets}: each item is an object with 'secret' and, if tokens signed with it still count, 'verify: true'");
        return new PreviousSecret(LongEnough(Settings.PreviousSecrets, secret), new SettingReader(item).Flag("verify"));
    }

    private static string LongEnough(string key, string secret) => Encoding.UTF8.GetByteCount(secret) >= MinimumBytes
        ? secret
        : throw SettingReader.Invalid(key, $"it is shorter than {MinimumBytes} bytes, and could be guessed; {HowToMake}");

    private static string FromFile(string path, string dataFolder)
    {
        if (File.Exists(path))
            return LongEnough(Settings.Secret, File.ReadAllText(path).Trim());

        if (Directory.Exists(dataFolder) && Directory.EnumerateFileSystemEntries(dataFolder).Any())
        {
            throw new InvalidConfigurationException(
                $"{Settings.Secret}: the data in {dataFolder} was encrypted with the secret in {path}, and that file is missing. Bring it back; or, to begin anew, remove {dataFolder}");
        }

        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using var file = new StreamWriter(new FileStream(path, options));
            file.WriteLine(secret);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidConfigurationException($"{Settings.Secret}: there is none, and a new one can't be written to {path}: {e.Message}");
        }

        return secret;
    }
}
