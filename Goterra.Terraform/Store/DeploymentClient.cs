using System.Net;
using System.Text.Json.Serialization.Metadata;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;

namespace Goterra.Terraform.Store;

/// <summary>The requests that concern one deployment. A refusal is a <see cref="CliException"/>.</summary>
internal sealed class DeploymentClient(
    StoreAddress address,
    string deployment,
    IStoreClient client,
    Func<TimeSpan, RetryingClient> createClient,
    Reachability reachability)
{
    /// <summary>For requests that need no waiting. Long enough for the restart of a server.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// If another request has just waited in vain: hundreds of resources must not wait one after another.
    /// </summary>
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(2);

    public string Deployment => deployment;

    public StoreAddress Address => address;

    public Uri ValueUrl(ValueKey key, string query = "") => address.Value(deployment, key, query);

    public Uri Url(string query = "") => address.Deployment(deployment, query);

    public Uri ActionUrl(string action) => address.Action(deployment, action);

    /// <summary>Asks for state, keys, waits and hints, without the values.</summary>
    public StoreRequest OverviewRequest() => StoreRequest.Get(Url("values=false"));

    /// <summary>Asks for a value as it is.</summary>
    public StoreRequest ValueRequest(ValueKey key) => StoreRequest.Get(ValueUrl(key)) with
    {
        Accept = "application/octet-stream",
        Content = ResponseContent.Value,
    };

    /// <summary>Sends a request, and returns the response whatever its status.</summary>
    public async Task<StoreResponse> TrySendAsync(
        string operation, StoreRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var sender = createClient(reachability.IsLost ? ShortTimeout : Timeout);
            var (response, _) = await sender.SendAsync(operation, request, cancellationToken);
            reachability.IsLost = false;
            return response;
        }
        catch (CliException exception) when (exception.ExitCode == ExitCode.Unreachable)
        {
            reachability.IsLost = true;
            throw;
        }
    }

    /// <exception cref="CliException">The server refused, or could not be reached.</exception>
    public async Task<StoreResponse> SendAsync(
        string operation, StoreRequest request, CancellationToken cancellationToken)
    {
        var response = await TrySendAsync(operation, request, cancellationToken);
        return response.IsSuccess ? response : throw Failure(operation, response);
    }

    /// <exception cref="CliException">The server refused, could not be reached, or sent something else.</exception>
    public async Task<T> SendAsync<T>(
        string operation, StoreRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var response = await SendAsync(operation, request, cancellationToken);
        return ProtocolJson.TryRead(response.Body, type) ?? throw ExitCodes.NotGoterra(operation);
    }

    /// <summary>Waits with as many requests as it takes.</summary>
    public Task<WaitCompletion> WaitAsync(
        string operation,
        TimeSpan timeout,
        Func<string?, StoreRequest> createRequest,
        Func<StoreResponse, bool> isPending,
        CancellationToken cancellationToken) =>
        createClient(timeout).WaitAsync(operation, createRequest, isPending, cancellationToken);

    /// <summary>State, keys, waits and hints, without the values.</summary>
    public async Task<DeploymentOverview> ReadOverviewAsync(string operation, CancellationToken cancellationToken)
    {
        var response = await SendAsync(operation, OverviewRequest(), cancellationToken);
        return DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(operation);
    }

    /// <summary>Returns null if the key does not exist.</summary>
    public async Task<byte[]?> ReadValueAsync(string operation, ValueKey key, CancellationToken cancellationToken)
    {
        var response = await TrySendAsync(operation, ValueRequest(key), cancellationToken);
        if (response.IsSuccess)
            return response.Body;
        return response is { Status: HttpStatusCode.NotFound, IsForeign: false }
            ? null
            : throw Failure(operation, response);
    }

    /// <summary>
    /// Whether a response means that the deployment no longer exists. An API key gets 403 for a deployment that the
    /// server has forgotten, as for that of another user: only the time of its end tells them apart.
    /// </summary>
    /// <param name="response">The response.</param>
    /// <param name="hasExpired">The time at which the deployment ends by itself has passed.</param>
    public bool IsGone(StoreResponse response, bool hasExpired) => !response.IsForeign && response.Status switch
    {
        HttpStatusCode.Gone => true,
        HttpStatusCode.NotFound => client.Claims is null,
        HttpStatusCode.Forbidden => hasExpired && client.Claims is null,
        HttpStatusCode.Unauthorized => hasExpired && client.Claims is not null,
        _ => false,
    };

    /// <summary>What to show for a response that does not mean that the deployment is gone.</summary>
    public Exception Refusal(string operation, StoreResponse response)
    {
        var failure = Failure(operation, response);
        return response is { Status: HttpStatusCode.Forbidden, IsForeign: false } && client.Claims is null
            ? new DiagnosticException(
                "Not authorized",
                $"{failure.Message}\n\nThe API key belongs to another user, or the deployment was deleted more than 7 "
                + "days ago. In the latter case, remove the resource from the state: terraform state rm ADDRESS")
            : failure;
    }

    /// <summary>Whether the token of this client has expired; false for an API key.</summary>
    public bool IsTokenExpired(TimeProvider time) =>
        client.Claims is { } claims && DateTimeOffset.FromUnixTimeSeconds(claims.Exp) <= time.GetUtcNow();

    public CliException Failure(string operation, StoreResponse response)
    {
        var failure = ExitCodes.Failure(operation, response);
        return new CliException(failure.ExitCode, client.Redact(failure.Message));
    }

    public string Redact(string text) => client.Redact(text);
}

/// <summary>Whether the last request could not reach the server. Shared by all clients.</summary>
internal sealed class Reachability
{
    private volatile bool _isLost;

    public bool IsLost
    {
        get => _isLost;
        set => _isLost = value;
    }
}
