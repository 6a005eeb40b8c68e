#if STATIC_EXECUTABLE
using System.Runtime.InteropServices;

namespace Goterra.Cli;

/// <summary>
/// What the statically linked program has to settle with the C library and OpenSSL that it carries, before either looks around on a machine that was
/// made for others of their kind. It may call no native library but libc, and load none: there is no loader in it.
/// </summary>
internal static partial class StaticStart
{
    /// <summary>Where distributions keep the authorities that they trust. Debian's OpenSSL, which is linked in, knows Debian's place only.</summary>
    private static readonly string[] AuthorityFiles =
    [
        "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, Arch
        "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL, Amazon Linux
        "/etc/ssl/ca-bundle.pem", // openSUSE
        "/etc/pki/tls/cacert.pem", // OpenELEC
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7
        "/etc/ssl/cert.pem", // Alpine without the package of all authorities
    ];

    public static void Prepare()
    {
        // glibc would load the modules that /etc/nsswitch.conf names (mdns, sss, systemd): they belong to the machine's own glibc, and crash in ours.
        Configure("hosts", "files dns");
        foreach (var database in (ReadOnlySpan<string>)["passwd", "group", "services", "networks", "protocols"])
            Configure(database, "files");

        // .NET's own environment is a copy, which OpenSSL doesn't see: hence libc's. The machine's openssl.cnf may name modules to load.
        SetVariable("OPENSSL_CONF", "", overwrite: true);

        // .NET looks for the user's certificates below it, and asks for the passwd entry where it is missing, as in cloud-init.
        SetVariable("HOME", "/", overwrite: false);

        if (Environment.GetEnvironmentVariable("SSL_CERT_FILE") is null && Environment.GetEnvironmentVariable("SSL_CERT_DIR") is null
            && AuthorityFiles.FirstOrDefault(File.Exists) is { } authorities)
        {
            SetVariable("SSL_CERT_FILE", authorities, overwrite: false);

            // The folder holds the same once more, a file each; reading them takes longer than all the rest of the program.
            SetVariable("SSL_CERT_DIR", "/nonexistent", overwrite: false);
        }
    }

    // A failure is want of memory in both: the program ends of that soon enough.
    private static void Configure(string database, string sources) => _ = ConfigureLookup(database, sources);

    private static void SetVariable(string name, string value, bool overwrite) => _ = SetEnvironment(name, value, overwrite ? 1 : 0);

    [LibraryImport("libc", EntryPoint = "__nss_configure_lookup", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ConfigureLookup(string database, string sources);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
#endif
