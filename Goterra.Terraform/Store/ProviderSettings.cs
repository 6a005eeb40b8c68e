using Goterra.Cli.Http;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Store;

/// <summary>The provider block, completed from the environment.</summary>
internal sealed class ProviderSettings
{
    public const string Url = "url";
    public const string ApiKey = "api_key";
    public const string Token = "token";
    public const string CaCertificate = "ca_certificate";

    private const string PemStart = "-----BEGIN";

    private readonly ObjectValue _config;
    private readonly Func<string, string?> _variable;

    public ProviderSettings(ObjectValue config, Func<string, string?> variable) =>
        (_config, _variable) = (config, variable);

    public static BlockSchema Schema { get; } = new(
        "goterra",
        "Deployments, tickets, values and waits of a goterra server.",
        [
            AttributeSchema.Optional(
                Url, AttributeType.Text, "The URL of the server. Default: the environment variable `GOT_URL`."),
            AttributeSchema.Optional(
                ApiKey, AttributeType.Text,
                "The API key. Default: the environment variable `GOT_APIKEY`. Without an API key and a token, the "
                + "provider is anonymous: see [goterra_deployment](resources/deployment.md).") with
            { IsSensitive = true },
            AttributeSchema.Optional(
                Token, AttributeType.Text,
                "A token of one deployment, or of a namespace. Only needed where there is no API key.") with
            { IsSensitive = true },
            AttributeSchema.Optional(
                CaCertificate, AttributeType.Text,
                "The CA certificates to trust instead of the system's: the path of a PEM file, or its text. Default: "
                + "the path in the environment variable `GOT_CACERT`."),
        ]);

    /// <summary>A value depends on a resource that does not exist yet.</summary>
    public bool IsUnknown => Schema.Attributes.Any(attribute => _config.IsUnknown(attribute.Name));

    /// <summary>The URL of the server; null if it is not set.</summary>
    public string? UrlText => Setting(Url, "GOT_URL");

    /// <summary>The text of the CA certificates; null if the system's are to be trusted.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    public string? CaCertificateText => Setting(CaCertificate, "GOT_CACERT") switch
    {
        null => null,
        var text when text.StartsWith(PemStart, StringComparison.Ordinal) => text,
        var path => ReadFile(path),
    };

    /// <exception cref="DiagnosticException">The URL is missing or invalid.</exception>
    public StoreAddress Address()
    {
        var text = UrlText ?? throw new DiagnosticException(
            "No server", "Set `url` in the provider block, or the environment variable GOT_URL.", Url);
        try
        {
            return StoreAddress.Parse(text);
        }
        catch (CliException exception)
        {
            throw new DiagnosticException("Invalid URL of the server", exception.Message, Url);
        }
    }

    /// <summary>The provider's credential; null if it is anonymous.</summary>
    /// <param name="forCreation">A token cannot create a deployment.</param>
    /// <exception cref="DiagnosticException">It cannot be sent.</exception>
    public Credential? Credential(bool forCreation)
    {
        var token = forCreation ? null : Setting(Token, null);
        var apiKey = Setting(ApiKey, "GOT_APIKEY");
        try
        {
            return token is not null ? Cli.Http.Credential.Token(token, "`token` of the provider")
                : apiKey is not null ? Cli.Http.Credential.ApiKey(apiKey, "`api_key` of the provider (GOT_APIKEY)")
                : null;
        }
        catch (CliException exception)
        {
            throw new DiagnosticException("Invalid credential", exception.Message, token is null ? ApiKey : Token);
        }
    }

    /// <summary>The environment for the wire client, which reads the path of the CA certificates from it.</summary>
    /// <param name="caFile">The path; null for the system's.</param>
    public Func<string, string?> Variables(string? caFile) => name => name == "GOT_CACERT" ? caFile : _variable(name);

    private string? Setting(string attribute, string? variable)
    {
        var text = _config.Text(attribute);
        if (string.IsNullOrWhiteSpace(text) && variable is not null)
            text = _variable(variable);
        return string.IsNullOrWhiteSpace(text) ? null : text.Trim();
    }

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(
                "Cannot read the CA certificates", $"{exception.Message} Set the path of a PEM file, or its text.",
                CaCertificate);
        }
    }
}
