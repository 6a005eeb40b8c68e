using System.Text;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands.Exec;

/// <summary>
/// Maps keys to environment variables. A client that may only write values must not be able to run code on the machines
/// that read them, so names that affect loaders, shells, interpreters or common tools are refused.
/// </summary>
internal static class EnvironmentVariableName
{
    private const string Prefix = "GOT_VALUE_";

    /// <summary>
    /// `*` stands for any text. Case-insensitive: some programs read `http_proxy`, and nobody needs a variable named
    /// `path`.
    /// </summary>
    private static readonly (string Reason, string[] Names)[] Refused =
    [
        (
            "the loader and the C library read it",
            [
                "LD_*", "DYLD_*", "GLIBC_*", "MALLOC_*", "LIBRARY_PATH", "GCONV_PATH", "GETCONF_DIR", "LOCPATH",
                "NLSPATH", "LOCALDOMAIN", "HOSTALIASES", "RES_OPTIONS", "RESOLV_*", "TZ", "TZDIR", "LANG", "LANGUAGE",
                "LC_*", "NSS_*", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS",
            ]),
        (
            "shells read it",
            [
                "PATH", "IFS", "ENV", "BASH*", "SHELL", "SHELLOPTS", "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT*",
                "CDPATH", "FPATH", "ZDOTDIR", "ZSH*", "KSH*", "FCEDIT", "HIST*", "INPUTRC", "MAIL", "MAILPATH",
                "MAILCHECK", "OPTIND", "OPTARG", "PPID", "UID", "EUID", "RANDOM", "GLOBIGNORE", "EXECIGNORE",
                "POSIXLY_CORRECT", "TMOUT", "READNULLCMD", "NULLCMD", "FISH_*",
            ]),
        (
            "it identifies the user and the user's folders",
            [
                "HOME", "USER", "LOGNAME", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP", "XDG_*", "MANPATH", "INFOPATH",
            ]),
        (
            "tools run programs or read files that it names",
            [
                "EDITOR", "VISUAL", "PAGER", "BROWSER", "LESS*", "MORE", "MANPAGER", "MANOPT", "TERM", "TERMCAP",
                "TERMINFO*", "SUDO_*", "DBUS_*", "SYSTEMD_*", "NOTIFY_SOCKET", "LISTEN_*", "DISPLAY", "XAUTHORITY",
                "WAYLAND_*", "GIT_*", "SSH_*", "RSYNC_*", "CVS*", "SVN_*", "GPG_*", "GNUPGHOME", "DEBIAN_*", "DPKG_*",
                "APT_*", "RPM_*", "TAR_OPTIONS", "GREP_*", "GZIP", "XZ_*", "ZSTD_*", "UNZIP", "ZIPOPT", "ACLOCAL*",
                "MAKE*", "MFLAGS", "CC", "CXX", "CPP", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH",
                "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "COMPILER_PATH", "GCC_*", "CMAKE_*", "PKG_CONFIG*", "AWKPATH",
                "AWKLIBPATH", "GDB*", "QT_*", "GTK_*", "GIO_*", "GST_*", "GDK_*", "KUBECONFIG", "KUBE_*", "KUBECTL_*",
                "HELM_*", "DOCKER_*", "CONTAINER_*", "PODMAN_*", "BUILDAH_*", "ANSIBLE_*", "TF_*", "TERRAFORM_*",
                "VAULT_*", "CONSUL_*", "ETCDCTL_*", "AWS_*", "AZURE_*", "CLOUDSDK_*", "GOOGLE_*", "PGSERVICEFILE",
                "PGSYSCONFDIR", "PGPASSFILE", "MYSQL_HOME", "LIBMYSQL_*", "ODBC*", "KRB5*", "SASL_*", "LDAP*",
            ]),
        (
            "interpreters read it",
            [
                "PYTHON*", "PIP_*", "UV_*", "VIRTUAL_ENV", "CONDA_*", "PERL*", "RUBY*", "GEM_*", "BUNDLE_*", "NODE_*",
                "NPM_*", "YARN_*", "DENO_*", "BUN_*", "JAVA*", "_JAVA_*", "JDK_*", "JRE_*", "CLASSPATH", "MAVEN_*",
                "M2_*", "GRADLE_*", "KOTLIN*", "SCALA_*", "PHP*", "LUA*", "TCL*", "TK_*", "R_*", "RUST*", "CARGO_*",
                "GO", "GO111MODULE", "GOROOT", "GOPATH", "GOBIN", "GOENV", "GOFLAGS", "GOPROXY", "GOPRIVATE",
                "GONOSUMDB", "GONOPROXY", "GOINSECURE", "GOSUMDB", "GODEBUG", "GOTOOLCHAIN", "GOCACHE", "GOTRACEBACK",
                "DOTNET_*", "CORECLR_*", "COR_*", "COMPLUS_*", "ASPNETCORE_*", "NUGET_*", "MSBUILD*", "MONO_*", "ERL_*",
                "ELIXIR_*", "GHC*", "OCAML*", "JULIA_*", "GUILE_*", "SBCL_*",
            ]),
        (
            "it determines where connections go and who is trusted",
            [
                "*_PROXY", "SSL_*", "OPENSSL_*", "CURL_*", "REQUESTS_*", "WGETRC", "NETRC", "SSLKEYLOGFILE", "GNUTLS_*",
                "P11_*", "PKCS11_*", "NIX_*",
            ]),
        (
            "goterra-cli reads it",
            [
                "GOT_*",
            ]),
    ];

    /// <summary>`GOT_VALUE_` and the key. Characters that a name cannot contain are replaced by `_`.</summary>
    public static string Prefixed(string key)
    {
        var name = new StringBuilder(Prefix);
        foreach (var rune in key.EnumerateRunes())
            name.Append(rune.IsAscii && IsNameCharacter((char)rune.Value) ? (char)rune.Value : '_');
        return name.ToString();
    }

    /// <summary>The key itself.</summary>
    /// <param name="key">The key.</param>
    /// <param name="folder">The start of the key, up to a slash, which is not part of the name.</param>
    /// <exception cref="CliException">The name is invalid or refused.</exception>
    public static string Plain(string key, string folder)
    {
        var name = key[folder.Length..];
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(IsNameCharacter))
            throw Refusal(key, name, "a name consists of letters, digits and _, and does not start with a digit");
        foreach (var (reason, names) in Refused)
        {
            if (names.Any(refused => Matches(name, refused)))
                throw Refusal(key, name, reason);
        }

        return name;
    }

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character == '_';

    private static bool Matches(string name, string refused) =>
        refused[^1] == '*' ? name.StartsWith(refused[..^1], StringComparison.OrdinalIgnoreCase)
        : refused[0] == '*' ? name.EndsWith(refused[1..], StringComparison.OrdinalIgnoreCase)
        : name.Equals(refused, StringComparison.OrdinalIgnoreCase);

    private static CliException Refusal(string key, string name, string reason) => new(
        ExitCode.Error,
        $"exec: the key {key} would set the variable {name}, which is refused: {reason}. "
        + $"Omit --plain (the variable is {Prefixed(key)} then), or select other keys with --prefix");
}
