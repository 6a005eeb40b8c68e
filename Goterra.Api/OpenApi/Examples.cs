using System.Text.Json;
using System.Text.Json.Nodes;
using Goterra.Api.Deployments;
using Goterra.Api.Downloads;
using Goterra.Api.Health;
using Goterra.Api.Http;
using Goterra.Api.Json;
using Goterra.Api.Namespaces;
using Goterra.Api.Tokens;
using Goterra.Api.Values;
using Goterra.Core.Model;

namespace Goterra.Api.OpenApi;

/// <summary>
/// All examples are about one small deployment. They are objects of the wire types, serialized like responses, so that
/// they cannot differ in format.
/// </summary>
internal static class Examples
{
    public const string Key = "nodes/a";
    public const string Value = "10.0.0.5";
    public static readonly EntityTag Tag = new(7, "0123456789abcdef");

    private const string Id = "6f1c2a90-3b7e-4d58-9a0e-0123456789ab";
    private static readonly DateTime Created = new(2026, 1, 31, 12, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Updated = Created.AddMinutes(3);

    private static readonly Dictionary<Type, object> Objects = new object[]
    {
        new CreateDeploymentRequest("48h", "cluster-7"),
        new PutValueRequest(Key, Value),
        new FailRequest("there is no disk", "worker-2"),
        new ResumeRequest("worker-2"),
        new VersionResponse(ServerVersion.Text, "ok"),
        new MessageResponse("deleted"),
        new WrittenResponse("done", Tag.Revision),
        new ValueResponse(Key, Value, ValueEncoding.Utf8Text),
        new TokenResponse("https://store.example.org", Id, "eyJhbGciOi...", Created.AddHours(24), Created.AddHours(48)),
        new TokenRequest("12h", ["join_token", "nodes/*"], ["nodes/worker-1"], false),
        new TicketRequest("worker-1", "1h", ["join_token"], ["nodes/worker-1"]),
        new RedeemRequest(
            Id + ".c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"),
        new TicketResponse(
            Id + ".c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I", "8f14e45fceea167a", Created.AddHours(1)),
        new TicketsResponse(
        [
            new TicketInfoResponse(
                "8f14e45fceea167a", "worker-1", Created, Created.AddHours(1),
                new ScopeResponse(["join_token"], ["nodes/worker-1"], true), Updated, "10.0.0.6 worker-1", 0),
        ]),
        new DeploymentsResponse(
        [
            new DeploymentSummaryResponse(
                Id, "cluster-7", "team", "active", Created, Created.AddHours(48), 2, "alice", null, 1,
                Created.AddMinutes(2)),
        ], null),
        new NamespacesResponse([new NamespaceResponse("team", "owner")]),
        new NamespaceTokenResponse("https://store.example.org", "team", "eyJhbGciOi...", Created.AddHours(24)),
        new DeploymentResponse(
            new Dictionary<string, string> { ["master/address"] = "10.0.0.2:6443", [Key] = Value },
            [new KeyResponse(
                "master/address", 13, 6, Created.AddMinutes(1), ValueEncoding.Utf8Text, null, "alice",
                "10.0.0.2 master"),
                new KeyResponse(
                    Key, Value.Length, Tag.Revision, Updated, ValueEncoding.Utf8Text, null, "worker-1",
                    "10.0.0.5 worker-1")],
            Id,
            "cluster-7",
            null,
            Created,
            Updated,
            Created.AddHours(48),
            Tag.Revision,
            "active",
            null,
            [],
            [new WaitingResponse("join_tokn", null, null, Updated, Updated.AddMinutes(30), "10.0.0.6 worker-1")],
            ["1 client waits for `join_tokn` (10.0.0.6 worker-1); the nearest existing key is `join_token`"],
            [new EndedWaitResponse(Key, null, null, Created, Updated, "met", "10.0.0.2 master")],
            [new SecurityEventResponse("ticket_redeemed", Updated, "worker-1", "10.0.0.6")]),
        new ClientsResponse([new ClientResponse("linux-x64", 12583976, new string('0', 64))]),
        new HealthResponse("ok"),
    }.ToDictionary(example => example.GetType());

    /// <returns>Null if there is no example of the type.</returns>
    public static JsonNode? For(Type type) => Objects.TryGetValue(type, out var example) ? Node(example) : null;

    public static JsonNode? Node(object example)
    {
        var type = WireContext.Plain.GetTypeInfo(example.GetType())
            ?? RequestContext.Default.GetTypeInfo(example.GetType())
            ?? throw new InvalidOperationException($"{example.GetType().Name} is not a wire type.");
        return JsonSerializer.SerializeToNode(example, type);
    }
}
