using System.Globalization;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Infrastructure.Users;

namespace Goterra.Api.Configuration;

/// <summary>Reads the sources of users: the list in the file, and the auth service.</summary>
internal static class UserSettings
{
    private static readonly string[] Members = ["uid", "key_sha256", "admin", "namespaces"];

    public static UserOptions Read(SettingReader settings)
    {
        var users = settings.List(Settings.Users).Select(User).ToList();
        if (users.GroupBy(user => user.Uid).FirstOrDefault(group => group.Count() > 1) is { } same)
            throw Invalid(same.Key, "uid", "duplicate uid");
        if (users.GroupBy(user => user.KeySha256).FirstOrDefault(group => group.Count() > 1) is { } shared)
            throw Invalid(shared.Last().Uid, "key_sha256", "another user has the same key");
        return new UserOptions(users, Auth(settings));
    }

    private static AuthServiceOptions? Auth(SettingReader settings)
    {
        var platform = Address(settings, Settings.AuthPlatform);
        var auth = Address(settings, Settings.AuthUrl) ?? platform;
        return auth is null ? null : new AuthServiceOptions(auth, platform);
    }

    private static Uri? Address(SettingReader settings, string key)
    {
        if (settings.Text(key) is not { } text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute,
            out var address) && address.Scheme is "http" or "https" && address.Query.Length == 0
                && address.UserInfo.Length == 0)
            return address;
        throw SettingReader.Invalid(key, "must be the address of a service, such as https://auth.example.org");
    }

    private static ConfiguredUser User(IConfigurationSection item)
    {
        var uid = item["uid"];
        if (string.IsNullOrWhiteSpace(uid) || uid.Length > 256 || uid.Any(char.IsControl))
            throw Invalid(item.Key, "uid", "it is required, 1 to 256 characters");
        if (item.GetChildren().FirstOrDefault(member => !Members.Contains(member.Key)) is { } unknown)
            throw Invalid(uid, unknown.Key, $"unknown property; known are {string.Join(", ", Members)}");
        if (item["key_sha256"] is not { Length: 64 } hash || !hash.All(char.IsAsciiHexDigit))
            throw Invalid(
                uid, "key_sha256",
                "it is required: the SHA-256 of the API key, 64 hexadecimal digits; 'goterra-store hash-key' makes a "
                + "key and its hash");

        return new ConfiguredUser(
            uid, hash.ToLowerInvariant(), Flag(uid, item["admin"]), Namespaces(uid, item.GetSection("namespaces")));
    }

    private static bool Flag(string uid, string? admin) => admin?.ToLower(CultureInfo.InvariantCulture) switch
    {
        null or "" or "false" => false,
        "true" => true,
        _ => throw Invalid(uid, "admin", "must be true or false"),
    };

    private static Dictionary<NamespaceName, NamespaceRole> Namespaces(string uid, IConfigurationSection section)
    {
        var roles = new Dictionary<NamespaceName, NamespaceRole>();
        foreach (var item in section.GetChildren())
        {
            if (!NamespaceName.TryParse(item.Key, out var name))
                throw Invalid(uid, "namespaces", NamespaceName.Format);
            roles.Add(name, item.Value switch
            {
                "owner" => NamespaceRole.Owner,
                "member" => NamespaceRole.Member,
                _ => throw Invalid(uid, $"namespaces.{name}", "must be owner or member"),
            });
        }

        return roles;
    }

    private static InvalidConfigurationException Invalid(string user, string property, string error) =>
        new($"{Settings.Users}, {user}: {property}: {error}");
}
