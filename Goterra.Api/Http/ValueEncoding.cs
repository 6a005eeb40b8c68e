using System.Text.Unicode;
using Goterra.Core.Deployments;

namespace Goterra.Api.Http;

/// <summary>Values in JSON: text, in which bytes that are not UTF-8 become U+FFFD, or base64.</summary>
internal static class ValueEncoding
{
    public const string Utf8Text = "utf-8";
    public const string Binary = "binary";
    public const string Base64 = "base64";

    /// <returns>The value, and its encoding; <see cref="Binary"/> for text that has lost bytes.</returns>
    public static (string Text, string Encoding) Encode(StoredValue value, bool base64) => base64
        ? (Convert.ToBase64String(value.Bytes.Span), Base64)
        : (value.AsText(), Utf8.IsValid(value.Bytes.Span) ? Utf8Text : Binary);
}
