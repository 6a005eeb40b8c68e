using System.Text.Json.Serialization;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Api.Values;

/// <summary>A value was stored.</summary>
/// <param name="Message">Always <c>done</c>.</param>
/// <param name="Revision">The deployment's revision after the write; it increases with each write.</param>
/// <param name="Expires">When the lease expires (RFC 3339, UTC); absent for a value without expiry.</param>
public sealed record WrittenResponse(
    string Message, long Revision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null);

/// <summary>A value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">As text. Bytes that are not UTF-8 are replaced by U+FFFD; a raw read returns them
/// unchanged.</param>
/// <param name="Expires">When the lease expires (RFC 3339, UTC); absent for a value without expiry.</param>
public sealed record ValueResponse(
    string Key, string Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null)
{
    public static ValueResponse From(ValueKey key, StoredValue value) =>
        new(key.Text, value.AsText(), value.Expires?.UtcDateTime);

    /// <summary>Keeps the value out of logs.</summary>
    public override string ToString() => $"ValueResponse {Key}";
}
