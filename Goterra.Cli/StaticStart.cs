#if STATIC_EXECUTABLE
using System.Runtime.InteropServices;

namespace Goterra.Cli;

/// <summary>
/// What the statically linked program has to settle with the C library and OpenSSL that it carries, before either looks around on a machine that was
/// made for others of their kind. It may call no native library but libc, and load none: there is no loader in it.
/// </summary>
internal static partial class StaticStart
{
    public static void Prepare()
    {
        // glibc would load the modules that /etc/nsswitch.conf names (mdns, sss, systemd): they belong to the machine's own glibc, and crash in ours.
        Configure("hosts", "files dns");
        foreach (var database in (ReadOnlySpan<string>)["passwd", "group", "services", "networks", "protocols"])
            Configure(database, "files");

        // .NET looks for the user's certificates below it, and asks for the passwd entry where it is missing, as in cloud-init.
        SetVariable("HOME", "/", overwrite: false);

        // OpenSSL reads libc's environment, and .NET a copy: which is made by this call, before anything is changed that others shall see unchanged.
        _ = Environment.GetEnvironmentVariables();

        // The machine's openssl.cnf may name modules to load.
        SetVariable("OPENSSL_CONF", "", overwrite: true);

        // The CAs that we trust are of our own choice (Authorities). .NET would parse all of the machine's besides, for each chain that it builds, whoever
        // it is to trust: that takes longer than all the rest of the program.
        SetVariable("SSL_CERT_FILE", "/nonexistent", overwrite: true);
        SetVariable("SSL_CERT_DIR", "/nonexistent", overwrite: true);
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
