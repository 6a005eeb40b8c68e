using System.Text.Json.Serialization;
using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Api.Values;

/// <summary>A value was stored.</summary>
/// <param name="Message">Always <c>done</c>.</param>
/// <param name="Revision">The deployment's revision after the write; it increases with each write. Absent with a
/// narrowed token.</param>
/// <param name="Expires">When the lease expires (RFC 3339, UTC); absent for a value without expiry.</param>
/// <param name="OnLapse"><c>fail</c> if the request has armed a switch; otherwise absent.</param>
public sealed record WrittenResponse(
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Revision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? OnLapse = null);

/// <summary>A value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">As text, or as base64 with <c>encoding=base64</c>. A raw read returns the bytes.</param>
/// <param name="Encoding"><c>utf-8</c>; <c>binary</c> if the value is not UTF-8 and each invalid byte became U+FFFD;
/// <c>base64</c> if that was requested.</param>
/// <param name="Expires">When the lease expires (RFC 3339, UTC); absent for a value without expiry.</param>
public sealed record ValueResponse(
    string Key, string Value, string Encoding,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Expires = null)
{
    internal static ValueResponse From(ValueKey key, StoredValue value, bool base64)
    {
        var (text, encoding) = ValueEncoding.Encode(value, base64);
        return new ValueResponse(key.Text, text, encoding, value.Expires?.UtcDateTime);
    }

    /// <summary>Keeps the value out of logs.</summary>
    public override string ToString() => $"ValueResponse {Key}";
}
