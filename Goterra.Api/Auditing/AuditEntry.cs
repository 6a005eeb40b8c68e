using System.Text.Json;

namespace Goterra.Api.Auditing;

/// <summary>Who did what to what, and whether it was allowed. Never a value or a credential.</summary>
/// <param name="Action">Controller and action, such as <c>values.put</c>.</param>
/// <param name="Status">The status of the response.</param>
internal sealed record AuditEntry(DateTimeOffset Time, string Action, int Status, string Client)
{
    public string? Deployment { get; init; }

    /// <summary>The decoded key; null if the request is not about one.</summary>
    public string? Key { get; init; }

    /// <summary>The user of the API key, or the one whose token it is; null if the credential is not valid.</summary>
    public string? User { get; init; }

    /// <summary>Identifies a narrowed token across its renewals.</summary>
    public string? Token { get; init; }

    /// <summary>The name of the ticket that the token derives from.</summary>
    public string? Ticket { get; init; }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("time", Time.UtcDateTime);
        json.WriteString("action", Action);
        json.WriteString("outcome", Status switch
        {
            < 400 => "done",
            StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => "denied",
            _ => "failed",
        });
        json.WriteNumber("status", Status);
        json.WriteString("client", Client);
        Write(json, "user", User);
        Write(json, "token", Token);
        Write(json, "ticket", Ticket);
        Write(json, "deployment", Deployment);
        Write(json, "key", Key);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
