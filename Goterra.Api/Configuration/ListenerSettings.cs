using System.Net;

namespace Goterra.Api.Configuration;

/// <summary>Reads where to listen, and with which certificate.</summary>
internal static class ListenerSettings
{
    public static IPAddress Address(SettingReader settings, string key) => settings.Text(key) switch
    {
        null or "localhost" => IPAddress.Loopback,
        "*" => IPAddress.IPv6Any,
        var text => IPAddress.TryParse(text, out var address)
            ? address
            : throw SettingReader.Invalid(
                key, "must be an IP address: 127.0.0.1 for this machine only, 0.0.0.0 for all"),
    };

    /// <returns>Null for plain HTTP.</returns>
    public static TlsOptions? Tls(SettingReader settings, string folder)
    {
        string? PathOf(string key) =>
            settings.Text(key) is { } path ? Path.GetFullPath(Path.Combine(folder, path)) : null;

        switch (PathOf(Settings.TlsCertificate), PathOf(Settings.TlsKey), PathOf(Settings.TlsClientCa))
        {
            case ({ } certificate, { } key, var clientCa):
                return new TlsOptions(certificate, key, clientCa);
            case (null, null, null):
                return null;
            case (null, _, _):
                throw SettingReader.Invalid(
                    Settings.TlsCertificate, "it is required if other settings of web.tls are set");
            default:
                throw SettingReader.Invalid(Settings.TlsKey, $"it is required with {Settings.TlsCertificate}");
        }
    }
}
