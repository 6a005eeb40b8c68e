using System.Text;

namespace Goterra.Cli.Commands.Exec;

/// <summary>
/// Which environment variables a value may become. Whoever may write a key must not be able to run code where it is read:
/// so no name is given out that loaders, shells, interpreters or common tools act on.
/// </summary>
internal static class EnvironmentVariableName
{
    private const string Prefix = "GOT_VALUE_";

    /// <summary>With `*`, all that begin or end so. In any case of letters: nobody misses `path`, and some read `http_proxy`.</summary>
    private static readonly (string What, string[] Names)[] Refused =
    [
        ("the loader and the C library act on it", [
            "LD_*", "DYLD_*", "GLIBC_*", "MALLOC_*", "LIBRARY_PATH", "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "LOCALDOMAIN", "HOSTALIASES",
            "RES_OPTIONS", "RESOLV_*", "TZ", "TZDIR", "LANG", "LANGUAGE", "LC_*", "NSS_*", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"]),
        ("shells act on it", [
            "PATH", "IFS", "ENV", "BASH*", "SHELL", "SHELLOPTS", "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT*", "CDPATH", "FPATH", "ZDOTDIR", "ZSH*", "KSH*",
            "FCEDIT", "HIST*", "INPUTRC", "MAIL", "MAILPATH", "MAILCHECK", "OPTIND", "OPTARG", "PPID", "UID", "EUID", "RANDOM", "GLOBIGNORE", "EXECIGNORE", "POSIXLY_CORRECT",
            "TMOUT", "READNULLCMD", "NULLCMD", "FISH_*"]),
        ("it says who the user is and where things of his lie", ["HOME", "USER", "LOGNAME", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP", "XDG_*", "MANPATH", "INFOPATH"]),
        ("tools run what it names", [
            "EDITOR", "VISUAL", "PAGER", "BROWSER", "LESS*", "MORE", "MANPAGER", "MANOPT", "TERM", "TERMCAP", "TERMINFO*", "SUDO_*", "DBUS_*", "SYSTEMD_*", "NOTIFY_SOCKET", "LISTEN_*",
            "DISPLAY", "XAUTHORITY", "WAYLAND_*", "GIT_*", "SSH_*", "RSYNC_*", "CVS*", "SVN_*", "GPG_*", "GNUPGHOME", "DEBIAN_*", "DPKG_*", "APT_*", "RPM_*", "TAR_OPTIONS", "GREP_*", "GZIP", "XZ_*", "ZSTD_*",
            "UNZIP", "ZIPOPT", "ACLOCAL*", "MAKE*", "MFLAGS", "CC", "CXX", "CPP", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "COMPILER_PATH", "GCC_*", "CMAKE_*",
            "PKG_CONFIG*", "AWKPATH", "AWKLIBPATH", "GDB*", "QT_*", "GTK_*", "GIO_*", "GST_*", "GDK_*", "KUBECONFIG", "KUBE_*", "KUBECTL_*", "HELM_*", "DOCKER_*", "CONTAINER_*", "PODMAN_*", "BUILDAH_*", "ANSIBLE_*", "TF_*",
            "TERRAFORM_*", "VAULT_*", "CONSUL_*", "ETCDCTL_*", "AWS_*", "AZURE_*", "CLOUDSDK_*", "GOOGLE_*", "PGSERVICEFILE", "PGSYSCONFDIR", "PGPASSFILE", "MYSQL_HOME", "LIBMYSQL_*", "ODBC*", "KRB5*", "SASL_*", "LDAP*"]),
        ("interpreters act on it", [
            "PYTHON*", "PIP_*", "UV_*", "VIRTUAL_ENV", "CONDA_*", "PERL*", "RUBY*", "GEM_*", "BUNDLE_*", "NODE_*", "NPM_*", "YARN_*", "DENO_*", "BUN_*", "JAVA*", "_JAVA_*", "JDK_*", "JRE_*", "CLASSPATH", "MAVEN_*", "M2_*",
            "GRADLE_*", "KOTLIN*", "SCALA_*", "PHP*", "LUA*", "TCL*", "TK_*", "R_*", "RUST*", "CARGO_*", "GO", "GO111MODULE", "GOROOT", "GOPATH", "GOBIN", "GOENV", "GOFLAGS", "GOPROXY", "GOPRIVATE", "GONOSUMDB", "GONOPROXY", "GOINSECURE", "GOSUMDB", "GODEBUG", "GOTOOLCHAIN",
            "GOCACHE", "GOTRACEBACK", "DOTNET_*", "CORECLR_*", "COR_*", "COMPLUS_*", "ASPNETCORE_*", "NUGET_*", "MSBUILD*", "MONO_*", "ERL_*", "ELIXIR_*", "GHC*", "OCAML*", "JULIA_*", "GUILE_*", "SBCL_*"]),
        ("it decides whom connections go to and who is trusted", [
            "*_PROXY", "SSL_*", "OPENSSL_*", "CURL_*", "REQUESTS_*", "WGETRC", "NETRC", "SSLKEYLOGFILE", "GNUTLS_*", "P11_*", "PKCS11_*", "NIX_*"]),
        ("it is this program's own", ["GOT_*"]),
    ];

    /// <summary>`GOT_VALUE_` and the key, in which `_` stands for whatever a name can't contain.</summary>
    public static string Prefixed(string key)
    {
        var name = new StringBuilder(Prefix);
        foreach (var rune in key.EnumerateRunes())
            name.Append(rune.IsAscii && IsNameCharacter((char)rune.Value) ? (char)rune.Value : '_');
        return name.ToString();
    }

    /// <summary>The key itself.</summary>
    /// <param name="key">As it is stored.</param>
    /// <param name="folder">Its beginning, up to a slash, that is no part of the name.</param>
    /// <exception cref="CliException">It is no name, or none that is given out.</exception>
    public static string Plain(string key, string folder)
    {
        var name = key[folder.Length..];
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(IsNameCharacter))
            throw Refusal(key, name, "a name has letters, digits and _ only, and begins with no digit");
        foreach (var (what, names) in Refused)
        {
            if (names.Any(refused => Matches(name, refused)))
                throw Refusal(key, name, what);
        }

        return name;
    }

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character == '_';

    private static bool Matches(string name, string refused) =>
        refused[^1] == '*' ? name.StartsWith(refused[..^1], StringComparison.OrdinalIgnoreCase)
        : refused[0] == '*' ? name.EndsWith(refused[1..], StringComparison.OrdinalIgnoreCase)
        : name.Equals(refused, StringComparison.OrdinalIgnoreCase);

    private static CliException Refusal(string key, string name, string why) => new(
        ExitCode.Error, $"exec: the key {key} would be the variable {name}, and is refused: {why}. Leave --plain out (it is {Prefixed(key)} then), or choose others with --prefix");
}
