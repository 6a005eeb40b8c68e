using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Goterra.Api.Deployments;
using Goterra.Core;
using Microsoft.AspNetCore.Mvc.Formatters;

namespace Goterra.Api.Http;

/// <summary>Reads bodies as JSON whatever their Content-Type says: curl's <c>-d</c> sends a form's, old clients send none.</summary>
internal sealed class AnyTypeJsonFormatter(Limits limits) : IInputFormatter
{
    // Each byte of a value may be written as \u00XX.
    private const int Expansion = 6;
    private const int Overhead = 64 * 1024;

    public bool CanRead(InputFormatterContext context) => RequestContext.Default.GetTypeInfo(context.ModelType) is not null;

    public async Task<InputFormatterResult> ReadAsync(InputFormatterContext context)
    {
        var longest = Overhead + (context.ModelType == typeof(PutValueRequest) ? (long)limits.ValueBytes * Expansion : 0);
        var request = context.HttpContext.Request;
        if (await ValueBody.ReadAsync(request, (int)longest, context.HttpContext.RequestAborted) is not { } body)
            throw new BadHttpRequestException("The body is too long.", StatusCodes.Status413PayloadTooLarge);
        if (body.Length == 0)
            return context.TreatEmptyInputAsDefaultValue ? InputFormatterResult.Success(null) : InputFormatterResult.NoValue();

        try
        {
            if (JsonSerializer.Deserialize(body.Span, RequestContext.Default.GetTypeInfo(context.ModelType)!) is { } model)
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
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal))
            return ("body", "a member is none that is known here");
        if (e.Path?.TrimStart('$', '.') is { Length: > 0 } member)
            return (member.ToLowerInvariant(), (e.InnerException ?? e).Message switch
            {
                var text when text.Contains("boolean", StringComparison.OrdinalIgnoreCase) => "it must be true or false",
                var text when text.Contains("IReadOnlyList", StringComparison.Ordinal) => "it must be a list of strings",
                _ => "it must be a string",
            });
        return ("body", $"it must be a JSON object (line {e.LineNumber + 1}, byte {e.BytePositionInLine})");
    }
}
