using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands.Watch;

/// <summary>An event of a deployment. Unknown types and members are passed on unchanged.</summary>
internal sealed class ServerEvent
{
    private readonly string _id;
    private readonly string _data;
    private readonly JsonElement? _members;

    private ServerEvent(string id, string type, string data, JsonElement? members) =>
        (_id, Type, _data, _members) = (id, type, data, members);

    public string Type { get; }

    /// <summary>Only shows that the connection is alive.</summary>
    public bool IsHeartbeat => Type is "ping" or "heartbeat";

    /// <summary>The last event: the deployment is gone.</summary>
    public bool IsEnd => Type == "ended" || (Type == "deleted" && _members is not null && Text("key") is null);

    public string? Reason => Text("reason");

    public static ServerEvent Parse(string? id, string type, string data)
    {
        var members = ParseMembers(data);
        // "message" is the default type of server-sent events.
        if (type == "message" && members?.TryGetProperty("type", out var named) == true
            && named.ValueKind == JsonValueKind.String)
            type = named.GetString() ?? type;
        return new ServerEvent(id ?? "", type, data, members);
    }

    /// <summary>
    /// A line for people: time, type, key or prefix, and the other members by name. For a snapshot, further lines say
    /// who waits, in the same form.
    /// </summary>
    public string ToLine() => Type == "snapshot" && _members is { } members ? SnapshotLines(members) : EventLine();

    private static string SnapshotLines(JsonElement members)
    {
        var keys = Items(members, "keys").Count;
        var time = members.TryGetProperty("time", out var moment) ? moment.GetRawText() : "null";
        var summary = members.TryGetProperty("state", out var state)
            ? $$"""{"time":{{time}},"state":{{state.GetRawText()}},"keys":{{keys}}}"""
            : $$"""{"keys":{{keys}}}""";
        var lines = Items(members, "waiting").Select(wait => ("waiting", wait.GetRawText()))
            .Prepend(("snapshot", summary));
        return string.Join('\n', lines.Select(line => Parse(null, line.Item1, line.Item2).EventLine()));
    }

    private static List<JsonElement> Items(JsonElement members, string name) =>
        members.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : [];

    private string EventLine()
    {
        var line = new StringBuilder();
        if (Text("time") is { } time)
            line.Append(Seconds(time)).Append("  ");
        line.Append(CultureInfo.InvariantCulture, $"{StatusWriter.Escape(Type),-8}");
        if ((Text("key") ?? Text("prefix")) is { } subject)
            line.Append("  ").Append(StatusWriter.Escape(subject));

        if (_members is { } members)
        {
            foreach (var member in members.EnumerateObject())
            {
                if (member.Name is "time" or "type" or "key" or "prefix"
                    || member.Value.ValueKind == JsonValueKind.Null)
                    continue;
                var text = member.Value.ToString();
                var value = member.Name is "since" or "until" ? Seconds(text) : StatusWriter.Escape(text);
                line.Append(CultureInfo.InvariantCulture, $"  {StatusWriter.Escape(member.Name)} {value}");
            }
        }
        else if (_data.Length > 0)
        {
            line.Append("  ").Append(StatusWriter.Escape(_data));
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>A JSON object on one line: `id` and `type`, then the members of the event.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (_id.Length > 0)
                writer.WriteString("id", _id);
            writer.WriteString("type", Type);
            if (_members is { } members)
            {
                foreach (var member in members.EnumerateObject().Where(member => member.Name is not ("id" or "type")))
                    member.WriteTo(writer);
            }
            else if (_data.Length > 0)
            {
                writer.WriteString("data", _data);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private string? Text(string member) =>
        _members?.TryGetProperty(member, out var value) == true && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string Seconds(string time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : StatusWriter.Escape(time);

    private static JsonElement? ParseMembers(string data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
