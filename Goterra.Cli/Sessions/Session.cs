using System.Net;
using System.Text.Json.Serialization.Metadata;
using Goterra.Cli.Credentials;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Sessions;

/// <summary>The server and the deployment that a command talks to, with a credential and a deadline.</summary>
/// <param name="address">The address of the server.</param>
/// <param name="deployment">The id of the deployment; empty if the command needs none.</param>
/// <param name="client">Sends the requests.</param>
/// <param name="timeout">When the command gives up.</param>
/// <param name="createClient">Creates a client with its own deadline, which may leave time to retry.</param>
internal sealed class Session(
    StoreAddress address,
    string deployment,
    IStoreClient client,
    TimeSpan timeout,
    Func<TimeSpan, bool, RetryingClient> createClient) : IDisposable
{
    private const int MaxReasonLength = 2000;

    public StoreAddress Address { get; } = address;

    public string Deployment { get; } = deployment;

    /// <summary>Where to store a token that replaces the current one; null for stdout.</summary>
    public ITokenStorage? TokenStorage { get; init; }

    /// <summary>The fence in GOT_FENCE, if any.</summary>
    public LeaseFence? Fence { get; init; }

    /// <summary>Gives up at the deadline of the command.</summary>
    public RetryingClient Client { get; } = createClient(timeout, false);

    public RetryingClient WithTimeout(TimeSpan timeout) => createClient(timeout, false);

    /// <summary>For the renewal of a lease: an attempt on a dead connection leaves time for another one.</summary>
    public RetryingClient ForRenewal(TimeSpan timeout) => createClient(timeout, true);

    public Uri ValueUrl(ValueKey key, string query = "") => Address.Value(Deployment, key, query);

    public Uri DeploymentUrl(string query = "") => Address.Deployment(Deployment, query);

    public Uri ActionUrl(string action) => Address.Action(Deployment, action);

    /// <exception cref="CliException">The server refused, or could not be reached.</exception>
    public async Task<StoreResponse> SendAsync(
        string operation, StoreRequest request, CancellationToken cancellationToken)
    {
        var (response, _) = await Client.SendAsync(operation, request, cancellationToken);
        return response.IsSuccess ? response : throw Failure(operation, response);
    }

    /// <summary>Sends a request and reads the JSON of the response.</summary>
    /// <exception cref="CliException">The server refused, could not be reached, or sent something else.</exception>
    public async Task<T> SendAsync<T>(
        string operation, StoreRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var response = await SendAsync(operation, request, cancellationToken);
        return ProtocolJson.TryRead(response.Body, type) ?? throw ExitCodes.NotGoterra(operation);
    }

    /// <summary>A request that declares the deployment failed.</summary>
    /// <param name="reason">Why; shortened if it is too long.</param>
    /// <param name="source">Who reports it; null for nobody.</param>
    public StoreRequest FailRequest(string reason, FailureSource? source)
    {
        // Neither an unset shell variable nor a whole log must prevent the report.
        if (string.IsNullOrWhiteSpace(reason))
            reason = "no reason given";
        if (reason.Length > MaxReasonLength)
            reason =
                reason[..(char.IsHighSurrogate(reason[MaxReasonLength - 1]) ? MaxReasonLength - 1 : MaxReasonLength)];
        return Post("fail", new FailureBody(reason, source?.Text), ResponseContent.Failed);
    }

    /// <summary>A request that takes back the failure of one source, or all.</summary>
    /// <param name="reason">For the server's log; null for none.</param>
    /// <param name="source">Null for all.</param>
    public StoreRequest ResumeRequest(string? reason, FailureSource? source) =>
        Post("resume", new FailureBody(reason, source?.Text), ResponseContent.Resumed);

    private StoreRequest Post(string action, FailureBody body, ResponseContent content) =>
        StoreRequest.Post(ActionUrl(action), body, ProtocolJson.Default.FailureBody) with { Content = content };

    /// <summary>The error for a response that is not a success.</summary>
    public CliException Failure(string operation, StoreResponse response)
    {
        var failure = ExitCodes.Failure(operation, response);
        return new CliException(failure.ExitCode, Redact(failure.Message + Advice(response)));
    }

    /// <summary>What the client knows of a credential that the server rejects.</summary>
    private string Advice(StoreResponse response) => (response.Status, client.Claims) switch
    {
        (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, null) when Deployment.Length == 0 =>
            " (API key: GOT_APIKEY)",
        (HttpStatusCode.Forbidden, { Deployment: { } own }) when own != Deployment =>
            $" (the token is for {own}, and --deployment (GOT_DEPLOYMENT) is {Deployment})",
        (HttpStatusCode.Forbidden, { Restriction: { } restriction }) => $" ({restriction})",
        _ => "",
    };

    /// <summary>Removes credentials from text of the server.</summary>
    public string Redact(string text) => client.Redact(text);

    public void Dispose() => client.Dispose();
}
