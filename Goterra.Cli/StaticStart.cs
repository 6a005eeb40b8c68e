#if STATIC_EXECUTABLE
using System.Runtime.InteropServices;

namespace Goterra.Cli;

/// <summary>
/// Configures the C library and OpenSSL that are linked into the static program, before they read files of the machine
/// that are meant for its own copies. The static program has no loader: it can only call libc.
/// </summary>
internal static partial class StaticStart
{
    public static void Prepare()
    {
        // glibc would load the modules that /etc/nsswitch.conf names (mdns, sss, systemd). They are built for the
        // machine's glibc, and crash in this one.
        Configure("hosts", "files dns");
        foreach (var database in (ReadOnlySpan<string>)["passwd", "group", "services", "networks", "protocols"])
            Configure(database, "files");

        // .NET looks for the user's certificates below HOME, and reads the passwd entry if it is unset, as in
        // cloud-init.
        SetVariable("HOME", "/", overwrite: false);

        // OpenSSL reads libc's environment, .NET a copy. This call makes the copy, before the changes below.
        _ = Environment.GetEnvironmentVariables();

        // The machine's openssl.cnf may name modules to load.
        SetVariable("OPENSSL_CONF", "", overwrite: true);

        // TrustedAuthorities selects the CAs. .NET would also parse every CA of the machine for each chain that it
        // builds, which takes longer than the rest of the program.
        SetVariable("SSL_CERT_FILE", "/nonexistent", overwrite: true);
        SetVariable("SSL_CERT_DIR", "/nonexistent", overwrite: true);
    }

    // Both fail only if memory is exhausted, which ends the program anyway.
    private static void Configure(string database, string sources) => _ = ConfigureLookup(database, sources);

    private static void SetVariable(string name, string value, bool overwrite) =>
        _ = SetEnvironment(name, value, overwrite ? 1 : 0);

    [LibraryImport("libc", EntryPoint = "__nss_configure_lookup", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ConfigureLookup(string database, string sources);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
#endif
