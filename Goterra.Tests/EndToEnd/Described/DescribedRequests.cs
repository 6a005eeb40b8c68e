using System.Text;
using System.Text.Json;
using CsCheck;

namespace Goterra.Tests.EndToEnd.Described;

/// <summary>Generates requests from the OpenAPI document: each route, with good and bad inputs of each kind.</summary>
internal sealed class DescribedRequests(JsonElement document)
{
    private static readonly string[] Methods =
        ["HEAD", "PATCH", "OPTIONS", "TRACE", "POST", "PUT", "GET", "DELETE", "BREW"];

    private static readonly Gen<string> Random = Gen.Frequency(
        (1, Gen.Const("")), (2, Gen.OneOf("a", "1", "0", "1h")), (3, HostileText.Any));

    private static readonly Gen<(string, string)[]> Credentials = Gen.Frequency<(string, string)[]>(
        (8, Gen.Const<(string, string)[]>([("Authorization", $"Bearer {Placeholders.Token}")])),
        (3, Gen.Const<(string, string)[]>([("X-API-Key", Placeholders.ApiKey)])),
        (1, Gen.Const<(string, string)[]>([])),
        (1, HostileText.Header.Select<string, (string, string)[]>(text => [("Authorization", $"Bearer {text}")])),
        (1, HostileText.Header.Select<string, (string, string)[]>(
            text => [("Authorization", $"Bearer {Placeholders.Token}"), ("Authorization", text)])),
        (1, HostileText.Header.Select<string, (string, string)[]>(text => [("X-API-Key", text)])));

    private static readonly Gen<(string, string)[]> Accepts = Gen.Frequency<(string, string)[]>(
        (6, Gen.Const<(string, string)[]>([])),
        (4, Gen.OneOf(
                "application/json", "text/plain", "application/octet-stream", "text/html", "text/event-stream",
                "application/json; encoding=base64", "*/*;q=0", "text/event-stream;q=0.1, */*")
            .Select<string, (string, string)[]>(text => [("Accept", text)])),
        (2, HostileText.Header.Select<string, (string, string)[]>(text => [("Accept", text)])),
        (1, HostileText.Header.Select<string, (string, string)[]>(
            text => [("Last-Event-ID", text), ("X-Client-Name", text), ("X-Wait-Id", text), ("X-Wait-Left", text)])));

    private static readonly Gen<string?> ContentTypes = Gen.OneOf<string?>(
        "application/json", null, "text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded", "nonsense", "a/b; c=\"");

    private readonly DescribedBodies _bodies = new(document.GetProperty("components").GetProperty("schemas"));

    public Gen<DescribedRequest> Requests => Gen.OneOf(
    [
        .. from path in document.GetProperty("paths").EnumerateObject()
           from operation in path.Value.EnumerateObject()
           select For(path.Name, operation.Name.ToUpperInvariant(), operation.Value),
    ]);

    private Gen<DescribedRequest> For(string path, string method, JsonElement operation)
    {
        var parameters = operation.TryGetProperty("parameters", out var described)
            ? described.EnumerateArray().ToList()
            : [];
        return from segments in All(parameters, "path", one => Segment(Name(one)).Select(text => (Name(one), text)))
               from query in All(parameters, "query", one => Query(one).Select(text => ("", text)))
               from extra in Gen.Frequency((9, Gen.Const("")), (1, HostileText.Encoded(HostileText.Any)))
               from headers in All(parameters, "header", one => Header(Name(one)).Select(text => (Name(one), text)))
               from credential in Credentials
               from accept in Accepts
               from body in Body(operation)
               from type in ContentTypes
               from other in Gen.Frequency((15, Gen.Const((string?)null)), (1, Gen.OneOf<string?>(Methods)))
               from isChunked in Gen.Frequency((3, false), (1, true))
               select new DescribedRequest(
                   $"{method} {path}",
                   other ?? method,
                   segments.Aggregate(
                       path, (text, one) => text.Replace($"{{{one.Item1}}}", one.Item2, StringComparison.Ordinal)),
                   Joined([.. query.Select(one => one.Item2), extra]),
                   [
                       .. headers.Where(one => one.Item2.Length > 0), .. credential, .. accept,
                       .. body is null || type is null ? Array.Empty<(string, string)>() : [("Content-Type", type)],
                   ],
                   body)
               { IsChunked = isChunked };
    }

    private Gen<byte[]?> Body(JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out var body))
        {
            return Gen.Frequency<byte[]?>(
                (9, Gen.Const((byte[]?)null)),
                (1, HostileText.Any.Select(text => (byte[]?)Encoding.UTF8.GetBytes(text))));
        }

        var schemas = body.GetProperty("content").EnumerateObject()
            .Select(one => _bodies.Of(one.Value.GetProperty("schema")));
        return Gen.Frequency<byte[]?>(
            (9, Gen.OneOf(schemas.ToArray()).Select(bytes => (byte[]?)bytes)), (1, Gen.Const((byte[]?)null)));
    }

    private static Gen<(string, string)[]> All(
        List<JsonElement> parameters, string place, Func<JsonElement, Gen<(string, string)>> generate) =>
        parameters.Where(one => one.GetProperty("in").GetString() == place).Select(generate).Aggregate(
            Gen.Const(Array.Empty<(string, string)>()),
            (all, one) => Gen.Select(all, one, (before, next) => before.Append(next).ToArray()));

    private static Gen<string> Segment(string name) => Gen.Frequency(
        (8, Gen.Const(name switch
        {
            "id" => Placeholders.Deployment,
            "ticket" => "unknown-ticket",
            "ns" => "infra",
            "name" => "goterra.sh",
            _ => "a/b",
        })),
        (2, HostileText.Encoded(HostileText.Path)));

    private static Gen<string> Query(JsonElement parameter)
    {
        var name = Name(parameter);
        var schema = parameter.GetProperty("schema");
        var plausible = schema.TryGetProperty("enum", out var members)
            ? Gen.OneOf(members.EnumerateArray().Select(one => one.ToString()).ToArray())
            : name switch
            {
                "wait" => Gen.OneOf("1s", "0", "10m"),
                "ttl" => Gen.OneOf("1h", "90s"),
                "pending" => Gen.Const("503"),
                "encoding" => Gen.OneOf("base64", "utf-8"),
                "waits" => Gen.Const("ended"),
                _ => schema.GetProperty("type").GetString() switch
                {
                    "boolean" => Gen.OneOf("true", "false"),
                    "integer" => Gen.OneOf("1", "2", "100"),
                    _ => Gen.OneOf("a", "a/"),
                },
            };
        var good = plausible.Select(value => $"{name}={value}");
        var bad = HostileText.Encoded(HostileText.Any).Select(value => $"{name}={value}");
        return Gen.Frequency(
            (6, Gen.Const("")), (4, good), (2, bad), (1, Gen.Select(good, bad, (one, two) => $"{one}&{two}")),
            (1, Gen.Const(name)));
    }

    private static Gen<string> Header(string name) => Gen.Frequency(
        (6, Gen.Const("")),
        (2, name switch
        {
            "If-Match" or "If-None-Match" => Gen.OneOf(Placeholders.ETag, "*"),
            "Goterra-Fence" => Gen.Const($"a/b={Placeholders.ETag}"),
            "Idempotency-Key" => Gen.Const("0123456789abcdef0123456789abcdef"),
            "X-API-NS" => Gen.Const("infra"),
            _ => Random.Select(text => text.Length == 0 ? "worker" : HeaderText(text)),
        }),
        (2, HostileText.Header));

    private static string HeaderText(string text) =>
        string.Concat(text.Where(character => character is >= ' ' and not '\u007f')).Trim();

    private static string Name(JsonElement parameter) => parameter.GetProperty("name").GetString() ?? "";

    private static string Joined(IEnumerable<string> query) =>
        query.Where(one => one.Length > 0).ToList() is { Count: > 0 } given ? "?" + string.Join('&', given) : "";
}
