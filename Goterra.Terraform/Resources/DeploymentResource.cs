using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Store;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>`goterra_deployment`.</summary>
internal sealed class DeploymentResource() : ManagedResource(new(
    "goterra_deployment",
    """
    A deployment: the place where the machines of one installation exchange values. Destroying it deletes its values.

    With an API key, the state contains no token. A server without API keys (anonymous creation) gives no other way back
    to the deployment than its token: there, the attribute `token` holds it, and so do the state and its backups. Set it
    as `token` of all other resources. Anyone who can read the state can read and change all values of the deployment.
    Such a deployment ends with its token, a day after its creation.

    A deployment that was deleted outside of Terraform is re-created by the next apply. One that has ended by its own
    `ttl` stays in the state, and a warning says so: a new one would replace tickets, user-data and every machine. To
    replace it, use `terraform apply -replace`.
    """,
    [
        AttributeSchema.Optional("name", AttributeType.Text, "A descriptive name.") with { Replaces = true },
        AttributeSchema.Optional(
            "namespace", AttributeType.Text, "The namespace: its owners have access, too.") with
        { Replaces = true },
        AttributeSchema.Optional(
            "ttl", AttributeType.Text,
            "How long the deployment lives, such as `48h`: it cleans up if nobody destroys it. Default: that of the "
            + "server.")
            with
        { Replaces = true },
        SharedAttributes.Keepers,
        AttributeSchema.Optional(
            "idempotency_key", AttributeType.Text,
            "With it, an apply that was killed while it created the deployment finds it again when it is repeated, "
            + "within a day. It must be unique for each resource, instance and workspace: two with the same key and "
            + "`keepers` get the same deployment. Without an API key it is a credential: use 32 random characters or "
            + "more.") with
        { IsSensitive = true },
        AttributeSchema.Computed("id", AttributeType.Text, "The id: `deployment` of the other resources."),
        AttributeSchema.Computed("url", AttributeType.Text, "The URL of the server, for machines."),
        AttributeSchema.Computed(
            "expires", AttributeType.Text, "When the deployment ends by itself (RFC 3339); null if it does not."),
        AttributeSchema.Computed(
            "token", AttributeType.Text, "The token of the deployment, without an API key; otherwise null.") with
        { IsSensitive = true },
    ]))
{
    private const string Create = "create the deployment";
    private const string Read = "read the deployment";
    private const int MinAnonymousKeyLength = 32;

    /// <summary>How many deployments of one idempotency key may have come and gone within a day.</summary>
    private const int MaxGenerations = 1000;

    public override string ImportId => "the id of the deployment";

    public override void Validate(ObjectValue config) => Inputs.CheckDuration(config, "ttl");

    // What an imported deployment was created with is not known.
    public override bool IsReplacedBy(AttributeSchema attribute, ObjectValue prior, bool wasImported) =>
        attribute.Replaces && !(wasImported && !prior.IsSet(attribute.Name));

    public override async Task<ObjectValue> CreateAsync(ObjectValue planned, ObjectValue config, Operation operation)
    {
        var connections = operation.Connections;
        await connections.ApiKeyUse.CheckAsync(connections, operation.Reading);
        var (created, response) = await CreateAsync(planned, connections, operation.Writing);
        var state = planned.Copy();
        state["id"] = TerraformValue.From(created.Id);
        state["url"] = TerraformValue.From(string.IsNullOrEmpty(created.Url) ? connections.Address.Text : created.Url);
        // Without an owner, the deployment ends with its token.
        state["expires"] = TerraformValue.From(
            created.DeploymentExpires ?? (connections.CreatesAnonymously ? created.Expires : null));
        state["token"] = TerraformValue.From(connections.CreatesAnonymously ? created.Token : null);
        WarnAboutLifetime(state, response.Date ?? connections.Time.GetUtcNow(), operation);
        return state;
    }

    public override async Task<ObjectValue?> ReadAsync(ObjectValue state, Operation operation)
    {
        var client = operation.Connections.Open(state.Text("id"), state.Text("token"));
        var response = await client.TrySendAsync(Read, client.OverviewRequest(), operation.Reading);
        if (!response.IsSuccess)
        {
            var isExpired = HasExpired(state, response.Date ?? operation.Connections.Time.GetUtcNow());
            if (!client.IsGone(response, isExpired))
                throw client.Refusal(Read, response);
            if (!isExpired)
                return null;
            operation.Connections.Ended.Add(client.Deployment);
            operation.Warn(
                "The deployment has ended",
                $"The deployment {client.Deployment} has ended by its ttl ({state.Text("expires")}). It stays in the "
                + "state, because a new one would replace its tickets and machines. To create a new one: "
                + "terraform apply -replace=ADDRESS");
            return state;
        }

        var overview = DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Read);
        state["name"] = TerraformValue.From(overview.Name);
        state["namespace"] = TerraformValue.From(overview.Namespace);
        if (overview.DeploymentExpires is { } expires)
            state["expires"] = TerraformValue.From(Format(expires));
        if (!state.IsSet("url"))
            state["url"] = TerraformValue.From(operation.Connections.Address.Text);
        return state;
    }

    public override async Task DeleteAsync(ObjectValue state, Operation operation)
    {
        const string Delete = "delete the deployment";
        var client = operation.Connections.Open(state.Text("id"), state.Text("token"));
        var request = new StoreRequest(HttpMethod.Delete, client.Url()) { Content = ResponseContent.Deleted };
        var response = await client.TrySendAsync(Delete, request, operation.Writing);
        if (response.IsSuccess)
            return;
        var isExpired = HasExpired(state, response.Date ?? operation.Connections.Time.GetUtcNow());
        if (!client.IsGone(response, isExpired))
            throw client.Refusal(Delete, response);
    }

    public override ObjectValue Import(string id) => new() { ["id"] = TerraformValue.From(id.Trim()) };

    private static async Task<(CreatedToken Created, StoreResponse Response)> CreateAsync(
        ObjectValue planned, StoreConnections connections, CancellationToken cancellationToken)
    {
        var key = planned.Text("idempotency_key");
        if (key is { Length: < MinAnonymousKeyLength } && connections.CreatesAnonymously)
        {
            throw new DiagnosticException(
                "The idempotency key is too short",
                $"Without an API key, anyone who guesses the key gets access: use {MinAnonymousKeyLength} random "
                + "characters or more, for example of random_password.",
                "idempotency_key");
        }

        var client = connections.ForServer();
        var body = new CreateBody(planned.Text("ttl"), planned.Text("name"));
        var request = StoreRequest.Post(connections.Address.Store(), body, ProtocolJson.Default.CreateBody);
        IReadOnlyList<(string, string)> ns = planned.Text("namespace") is { } name ? [("X-API-NS", name)] : [];
        for (var generation = 0; ; generation++)
        {
            var hashed = key is null ? RandomId.New() + RandomId.New() : HashedKey(key, planned, generation);
            var response = await client.TrySendAsync(
                Create, request with { Headers = [.. ns, ("Idempotency-Key", hashed)] }, cancellationToken);

            // The deployment of this key has been deleted. Its successor has a key that follows from it.
            if (key is not null && response.Status == HttpStatusCode.Gone && !response.IsForeign
                && generation < MaxGenerations)
                continue;
            if (response.Status == HttpStatusCode.UnprocessableEntity && key is not null)
            {
                throw new DiagnosticException(
                    "The idempotency key is in use",
                    "Within the last day, the key was used for a deployment with another name, namespace, ttl or "
                    + "owner. If an earlier apply of this resource was killed, apply again with those, then change "
                    + "them; otherwise, choose another key.",
                    "idempotency_key");
            }

            if (!response.IsSuccess)
                throw client.Failure(Create, response);
            return CreatedToken.TryRead(response.Body) is { Id.Length: > 0 } created
                ? (created, response)
                : throw ExitCodes.NotGoterra(Create);
        }
    }

    private static string HashedKey(string key, ObjectValue planned, int generation)
    {
        // Lengths keep different inputs apart.
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{generation}:{key.Length}:{key}");
        foreach (var (name, value) in planned.Map("keepers") ?? [])
            text.Append(CultureInfo.InvariantCulture, $"|{name.Length}:{name}={value.Length}:{value}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static bool HasExpired(ObjectValue state, DateTimeOffset now) =>
        DateTimeOffset.TryParse(
            state.Text("expires"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
        && expires <= now;

    private static void WarnAboutLifetime(ObjectValue state, DateTimeOffset now, Operation operation)
    {
        if (Duration.TryParse(state.Text("ttl"), out var wanted)
            && DateTimeOffset.TryParse(
                state.Text("expires"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
            && expires < now + wanted - TimeSpan.FromMinutes(1))
        {
            operation.Warn(
                "The deployment lives shorter than its ttl",
                $"The server limits the lifetime: the deployment ends at {state.Text("expires")}.");
        }
    }

    private static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
