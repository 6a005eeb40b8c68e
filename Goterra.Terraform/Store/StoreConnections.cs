using System.Collections.Concurrent;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;

namespace Goterra.Terraform.Store;

/// <summary>The connections to the server: one HTTP client for each credential, shared by all operations.</summary>
internal sealed class StoreConnections : IDisposable
{
    private readonly ProviderSettings _settings;
    private readonly CliEnvironment _environment;
    private readonly StatusWriter _log;
    private readonly ConcurrentDictionary<string, Lazy<StoreClient>> _clients = new(StringComparer.Ordinal);
    private readonly ServerContact _contact = new();
    private readonly Reachability _reachability = new();
    private readonly string? _caFile;

    /// <exception cref="DiagnosticException">The settings are invalid.</exception>
    public StoreConnections(ProviderSettings settings, TextWriter log, TimeProvider time)
    {
        _settings = settings;
        Address = settings.Address();
        _log = new StatusWriter(log, isTerminal: false, () => false);
        CaCertificate = settings.CaCertificateText;
        if (CaCertificate is not null)
        {
            _caFile = Path.GetTempFileName();
            File.WriteAllText(_caFile, CaCertificate);
        }

        _environment = new CliEnvironment
        {
            Input = Stream.Null,
            Output = Stream.Null,
            Error = log,
            Variable = settings.Variables(_caFile),
            Time = time,
        };
    }

    public StoreAddress Address { get; }

    /// <summary>The text of the CA certificates; null for the system's.</summary>
    public string? CaCertificate { get; }

    public TimeProvider Time => _environment.Time;

    /// <summary>The deployments of which a refresh has found that they have ended by their ttl.</summary>
    public EndedDeployments Ended { get; } = new();

    /// <summary>Whether the server knows users, so that a deployment will belong to that of the API key.</summary>
    public ApiKeyUse ApiKeyUse { get; } = new();

    /// <summary>Whether deployments that are created belong to nobody.</summary>
    public bool CreatesAnonymously => _settings.Credential(forCreation: true) is null;

    /// <summary>For requests that concern no deployment.</summary>
    public DeploymentClient ForServer() => Open("", _settings.Credential(forCreation: true));

    /// <param name="deployment">The id of the deployment.</param>
    /// <param name="token">A token in place of the provider's credential.</param>
    /// <exception cref="DiagnosticException">There is no credential, or an input is invalid.</exception>
    public DeploymentClient Open(string? deployment, string? token)
    {
        if (string.IsNullOrEmpty(deployment) || !deployment.All(one => char.IsAsciiLetterOrDigit(one) || one is '-'))
            throw new DiagnosticException(
                "Invalid deployment", "`deployment` is not the id of a deployment: set `goterra_deployment.NAME.id`.",
                "deployment");
        return Open(deployment, CredentialFor(token));
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values.Where(client => client.IsValueCreated))
            client.Value.Dispose();
        if (_caFile is not null)
            File.Delete(_caFile);
    }

    private Credential CredentialFor(string? token)
    {
        if (string.IsNullOrWhiteSpace(token))
        {
            return _settings.Credential(forCreation: false) ?? throw new DiagnosticException(
                "No credential",
                "Set `api_key` in the provider block (or GOT_APIKEY). If the server has no API keys, set `token` of "
                + "this block to that of the deployment: `goterra_deployment.NAME.token`.",
                "token");
        }

        try
        {
            return Credential.Token(token, "`token`");
        }
        catch (CliException exception)
        {
            throw new DiagnosticException("Invalid token", exception.Message, "token");
        }
    }

    private DeploymentClient Open(string deployment, Credential? credential)
    {
        var client = _clients.GetOrAdd(
            credential?.Key ?? "",
            _ => new Lazy<StoreClient>(() => new StoreClient(
                ServerRoute.To(Address, _environment), credential, _environment.Time))).Value;
        return new DeploymentClient(
            Address, deployment, client,
            length => new RetryingClient(
                client, new Deadline(_environment.Time, length), _contact, _log, _environment.Time),
            _reachability);
    }
}
