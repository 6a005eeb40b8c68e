using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Http;

/// <summary>How values are encoded in JSON.</summary>
public sealed class EncodingQuery : IRequestInput<EncodingQuery>
{
    private const string Name = "encoding";
    private static readonly EncodingQuery Text = new();

    /// <summary><c>base64</c>: values in JSON are base64 instead of text, which may lose bytes.</summary>
    [FromQuery(Name = Name)]
    [RegularExpression($"^{ValueEncoding.Base64}$")]
    public string? Encoding => IsBase64 ? ValueEncoding.Base64 : null;

    internal bool IsBase64 { get; private init; }

    static EncodingQuery? IRequestInput<EncodingQuery>.Read(HttpRequest request, ModelStateDictionary errors)
    {
        if (RawQuery.ReadText(request, Name, errors) is not { } text)
            return Text;
        if (text != ValueEncoding.Base64)
            errors.TryAddModelError(Name, "must be base64: values in JSON are then base64 instead of text");
        return new EncodingQuery { IsBase64 = true };
    }
}
