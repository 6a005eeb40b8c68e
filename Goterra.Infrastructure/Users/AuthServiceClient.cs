using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Polly;

namespace Goterra.Infrastructure.Users;

/// <summary>
/// Client for goterra-auth, in both of its versions, and the deploy service. A response that cannot be parsed means
/// that the service is broken; it is never taken for an answer.
/// </summary>
internal sealed class AuthServiceClient(IHttpClientFactory clients, AuthServiceOptions options)
{
    /// <summary>The HTTP client for goterra-auth.</summary>
    public const string AuthName = "goterra-auth";

    /// <summary>The HTTP client for the deploy service.</summary>
    public const string DeployName = "goterra-deploy";

    private const string Source = "auth";
    private const int MaxUidLength = 256;
    private const int MaxTokenLength = 16 * 1024;

    /// <returns>Null if the key is unknown.</returns>
    public async Task<User?> FindByApiKeyAsync(string apiKey)
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, Under(options.Base, "auth/api"));
        asked.Headers.TryAddWithoutValidation("X-API-Key", apiKey);
        var (status, answer) = await SendAsync(AuthName, asked);
        var isOld = status == HttpStatusCode.MethodNotAllowed;
        if (isOld)
        {
            // The older version. Tried on each call: the service may have been upgraded meanwhile.
            using var old = new HttpRequestMessage(HttpMethod.Post, Under(options.Base, "auth/api"))
            {
                Content = JsonContent.Create(new OldQuestion(apiKey), OldQuestionJson.Default.OldQuestion),
            };
            (status, answer) = await SendAsync(AuthName, old);
        }

        return status switch
        {
            HttpStatusCode.OK => Understood(() => UserOf(answer)),
            HttpStatusCode.NotFound => null,
            // From the newer version, these come from a proxy in front of it, which refuses us and not the key.
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when isOld => null,
            _ => throw Broken($"it answered {(int)status}"),
        };
    }

    /// <returns>Null if the session token is unknown or has expired, or the service is too old to check it.</returns>
    public async Task<User?> FindBySessionTokenAsync(string token)
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, Under(options.Base, "auth/api"));
        asked.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var (status, answer) = await SendAsync(AuthName, asked);
        return status switch
        {
            HttpStatusCode.OK => Understood(() => UserOf(answer)),
            HttpStatusCode.NotFound or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                or HttpStatusCode.MethodNotAllowed => null,
            _ => throw Broken($"it answered {(int)status}"),
        };
    }

    /// <summary>
    /// Asks the deploy service. A response alone proves no ownership: the user's uid must be among the owners or
    /// members.
    /// </summary>
    public async Task<NamespaceRole> GetRoleAsync(User user, NamespaceName name)
    {
        if (options.Platform is null || user.PlatformToken is not { Value: var token })
            return NamespaceRole.None;

        using var request = new HttpRequestMessage(HttpMethod.Get, Under(options.Platform, $"deploy/ns/{name.Text}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var (status, answer) = await SendAsync(DeployName, request);
        return status switch
        {
            HttpStatusCode.OK => Understood(() => RoleOf(answer, user.Identity.Uid)),
            HttpStatusCode.NotFound or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => NamespaceRole.None,
            _ => throw Broken($"the deploy service answered {(int)status}"),
        };
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(string client, HttpRequestMessage request)
    {
        try
        {
            using var http = clients.CreateClient(client);
            using var response = await http.SendAsync(request);
            if (response.StatusCode != HttpStatusCode.OK)
                return (response.StatusCode, default);

            using var document = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
            return (response.StatusCode, document.RootElement.Clone());
        }
        catch (Exception e) when (
            e is HttpRequestException or ExecutionRejectedException or OperationCanceledException or JsonException)
        {
            // The exception's message may contain parts of the response; its type is enough.
            throw Broken(e.GetType().Name);
        }
    }

    // JSON may contain an unpaired surrogate (\ud800), which is detected only when the string is read.
    private static T Understood<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw Broken("its response contains an invalid string");
        }
    }

    private static User UserOf(JsonElement answer)
    {
        var user = Member(answer, "user") is { ValueKind: JsonValueKind.Object } inner ? inner : answer;
        if (Text(user, "uid", MaxUidLength) is not { } uid || uid.Any(char.IsControl))
            throw Broken("its response has no 'uid'");

        return new User(
            new Owner(Source, uid),
            Member(user, "admin") is { ValueKind: JsonValueKind.True },
            (
                Member(user, "namespaces") ?? Member(
                    answer, "namespaces")) is { ValueKind: not JsonValueKind.Null } namespaces
                ? Roles(namespaces)
                : null)
        {
            PlatformToken = Secret.From(
                Text(answer, "token", MaxTokenLength) is { } token && token.All(char.IsAscii)
                    && !token.Any(char.IsControl)
                    ? token
                    : null),
        };
    }

    // Malformed entries grant nothing.
    private static Dictionary<NamespaceName, NamespaceRole> Roles(JsonElement namespaces)
    {
        var roles = new Dictionary<NamespaceName, NamespaceRole>();
        if (namespaces.ValueKind != JsonValueKind.Object)
            return roles;

        foreach (var member in namespaces.EnumerateObject())
        {
            if (NamespaceName.TryParse(member.Name, out var name)
                && member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                roles[name!] = member.Value.GetBoolean() ? NamespaceRole.Owner : NamespaceRole.Member;
        }

        return roles;
    }

    private static NamespaceRole RoleOf(JsonElement answer, string uid) =>
        Holds(answer, "owners", uid) ? NamespaceRole.Owner : Holds(
            answer, "members", uid) ? NamespaceRole.Member : NamespaceRole.None;

    private static bool Holds(JsonElement answer, string list, string uid) =>
        Member(answer, "ns") is { ValueKind: JsonValueKind.Object } ns
        && Member(ns, list) is { ValueKind: JsonValueKind.Array } people
        && people.EnumerateArray().Any(person => person.ValueKind == JsonValueKind.String && person.ValueEquals(uid));

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement element, string name, int maxLength) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } member
            && member.GetString() is { Length: > 0 } text && text.Length <= maxLength
            ? text
            : null;

    private static Uri Under(Uri address, string path) => new($"{address.AbsoluteUri.TrimEnd('/')}/{path}");

    private static UserDirectoryUnavailableException Broken(string why) => new($"The auth service failed: {why}.");
}

internal sealed record OldQuestion([property: JsonPropertyName("key")] Secret Key);

[JsonSerializable(typeof(OldQuestion))]
internal sealed partial class OldQuestionJson : JsonSerializerContext;
