namespace Goterra.Terraform.Plugin;

/// <summary>What Terraform and the provider tell each other before the first request.</summary>
internal static class Handshake
{
    private const string CookieVariable = "TF_PLUGIN_MAGIC_COOKIE";
    private const string Cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
    private const int CoreVersion = 1;
    private const int ProtocolVersion = 6;

    /// <summary>Whether Terraform has started the program.</summary>
    public static bool IsStartedByTerraform(Func<string, string?> variable) => variable(CookieVariable) == Cookie;

    /// <summary>The line that tells Terraform where to connect.</summary>
    /// <param name="socket">The path of the Unix socket.</param>
    /// <param name="certificate">The certificate of the server; null without TLS.</param>
    public static string Line(string socket, byte[]? certificate)
    {
        // Base64 without padding.
        var encoded = certificate is null ? "" : "|" + Convert.ToBase64String(certificate).TrimEnd('=');
        return $"{CoreVersion}|{ProtocolVersion}|unix|{socket}|grpc{encoded}";
    }
}
