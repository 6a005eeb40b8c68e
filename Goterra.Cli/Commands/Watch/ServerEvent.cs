using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Output;

namespace Goterra.Cli.Events;

/// <summary>Something that happened in a deployment. Types and members that this client doesn't know are passed on as they are.</summary>
internal sealed class DeploymentEvent
{
    private readonly string _id;
    private readonly string _data;
    private readonly JsonElement? _members;

    private DeploymentEvent(string id, string type, string data, JsonElement? members) => (_id, Type, _data, _members) = (id, type, data, members);

    public string Type { get; }

    /// <summary>Only that the connection is alive.</summary>
    public bool IsHeartbeat => Type is "ping" or "heartbeat";

    /// <summary>The deployment is gone, and nothing will follow.</summary>
    public bool IsEnd => Type == "ended" || (Type == "deleted" && _members is not null && Text("key") is null);

    public string? Reason => Text("reason");

    public static DeploymentEvent Of(string? id, string type, string data)
    {
        var members = Parse(data);
        // "message" is what a frame without a type is called.
        if (type == "message" && members?.TryGetProperty("type", out var named) == true && named.ValueKind == JsonValueKind.String)
            type = named.GetString() ?? type;
        return new DeploymentEvent(id ?? "", type, data, members);
    }

    /// <summary>A line for people: time, type, what it is about, and the rest by name.</summary>
    public string ToLine()
    {
        var line = new StringBuilder();
        if (Text("time") is { } time)
            line.Append(Seconds(time)).Append("  ");
        line.Append(CultureInfo.InvariantCulture, $"{Talk.Escape(Type),-8}");
        if ((Text("key") ?? Text("prefix")) is { } subject)
            line.Append("  ").Append(Talk.Escape(subject));

        if (_members is { } members)
        {
            foreach (var member in members.EnumerateObject())
            {
                if (member.Name is "time" or "type" or "key" or "prefix" || member.Value.ValueKind == JsonValueKind.Null)
                    continue;
                var value = member.Name == "since" ? Seconds(member.Value.ToString()) : Talk.Escape(member.Value.ToString());
                line.Append(CultureInfo.InvariantCulture, $"  {Talk.Escape(member.Name)} {value}");
            }
        }
        else if (_data.Length > 0)
        {
            line.Append("  ").Append(Talk.Escape(_data));
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>One JSON object in one line: `id` and `type`, then the server's members.</summary>
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
        _members?.TryGetProperty(member, out var value) == true && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Seconds(string time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : Talk.Escape(time);

    private static JsonElement? Parse(string data)
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
