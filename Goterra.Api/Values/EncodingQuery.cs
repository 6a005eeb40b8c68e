using System.ComponentModel.DataAnnotations;
using Goterra.Api.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Values;

/// <summary>How a value is encoded in JSON.</summary>
public sealed class EncodingQuery : IRequestInput<EncodingQuery>
{
    private static readonly EncodingQuery Text = new();

    /// <summary><c>base64</c>: the value in JSON is base64 instead of text, which may lose bytes.</summary>
    [FromQuery(Name = "encoding")]
    [RegularExpression("^base64$")]
    public string? Encoding => IsBase64 ? RawQuery.Base64 : null;

    internal bool IsBase64 { get; private init; }

    static EncodingQuery? IRequestInput<EncodingQuery>.Read(HttpRequest request, ModelStateDictionary errors) =>
        RawQuery.ReadBase64(request, errors) ? new EncodingQuery { IsBase64 = true } : Text;
}
