using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc.Formatters;

namespace Goterra.Api.Http;

/// <summary>Reads bodies as JSON whatever their Content-Type says: curl's <c>-d</c> sends a form's, old clients send none.</summary>
internal sealed class AnyTypeJsonFormatter : IInputFormatter
{
    public bool CanRead(InputFormatterContext context) => RequestContext.Default.GetTypeInfo(context.ModelType) is not null;

    public async Task<InputFormatterResult> ReadAsync(InputFormatterContext context)
    {
        var body = new MemoryStream();
        await context.HttpContext.Request.Body.CopyToAsync(body, context.HttpContext.RequestAborted);
        if (body.Length == 0)
            return context.TreatEmptyInputAsDefaultValue ? InputFormatterResult.Success(null) : InputFormatterResult.NoValue();

        try
        {
            var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
            if (JsonSerializer.Deserialize(bytes, RequestContext.Default.GetTypeInfo(context.ModelType)!) is { } model)
                return InputFormatterResult.Success(model);
            context.ModelState.TryAddModelError("body", "it must be a JSON object, not null");
            return InputFormatterResult.Failure();
        }
        catch (JsonException e)
        {
            var (field, error) = Describe(e);
            context.ModelState.TryAddModelError(field, error);
            return InputFormatterResult.Failure();
        }
    }

    // The exception's own text may repeat parts of the body.
    private static (string Field, string Error) Describe(JsonException e)
    {
        if (e.Message.StartsWith("Duplicate", StringComparison.Ordinal))
            return ("body", "a member is given twice");
        if (e.Path?.TrimStart('$', '.') is { Length: > 0 } member)
            return (member.ToLowerInvariant(), "it must be a string");
        return ("body", $"it must be a JSON object (line {e.LineNumber + 1}, byte {e.BytePositionInLine})");
    }
}
